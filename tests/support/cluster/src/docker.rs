//! The part of Docker's HTTP interface that is needed without its client.

use std::{
    env,
    io::{Read, Result, Write},
    net::TcpStream,
    os::unix::net::UnixStream,
    path::PathBuf,
    time::Duration,
};

const TIMEOUT: Duration = Duration::from_secs(2);

/// Whether a container daemon answers, at `DOCKER_HOST` if that is set, else at its usual sockets. Takes at most some
/// seconds.
pub fn docker_answers() -> bool {
    status_of("GET /_ping", TIMEOUT).is_some_and(|status| status == 200)
}

/// Ends and removes a container; says whether it is there no more.
pub fn remove_container(name: &str) -> bool {
    let request = format!("DELETE /containers/{name}?force=true&v=true");
    status_of(&request, Duration::from_secs(30)).is_some_and(|status| status == 204 || status == 404)
}

/// The HTTP status that the first daemon that answers has for a request.
fn status_of(request: &str, timeout: Duration) -> Option<u16> {
    match env::var("DOCKER_HOST") {
        Ok(host) => ask_host(&host, request, timeout).ok()?,
        Err(_) => usual_sockets().into_iter().find_map(|socket| ask_socket(socket, request, timeout).ok())?,
    }
}

fn usual_sockets() -> Vec<PathBuf> {
    let of_user = env::var_os("HOME").map(|home| PathBuf::from(home).join(".docker/run/docker.sock"));
    [Some(PathBuf::from("/var/run/docker.sock")), of_user].into_iter().flatten().collect()
}

fn ask_host(host: &str, request: &str, timeout: Duration) -> Result<Option<u16>> {
    if let Some(socket) = host.strip_prefix("unix://") {
        return ask_socket(PathBuf::from(socket), request, timeout);
    }
    let stream = TcpStream::connect(host.trim_start_matches("tcp://"))?;
    stream.set_read_timeout(Some(timeout))?;
    ask(stream, request)
}

fn ask_socket(socket: PathBuf, request: &str, timeout: Duration) -> Result<Option<u16>> {
    let stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(timeout))?;
    ask(stream, request)
}

fn ask(mut stream: impl Read + Write, request: &str) -> Result<Option<u16>> {
    write!(stream, "{request} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n")?;
    // As long as "HTTP/1.1 200".
    let mut status_line = [0; 12];
    stream.read_exact(&mut status_line)?;
    let line = String::from_utf8_lossy(&status_line);
    Ok(line.split(' ').nth(1).and_then(|status| status.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{os::unix::net::UnixListener, thread};

    fn status_from_a_server_that_says(name: &str, answer: &'static [u8]) -> Result<Option<u16>> {
        let socket = env::temp_dir().join(format!("cluster-docker-{name}-{}.sock", std::process::id()));
        let listener = UnixListener::bind(&socket).unwrap();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 14];
            stream.read_exact(&mut request).unwrap();
            stream.write_all(answer).unwrap();
            request
        });
        let status = ask_socket(socket.clone(), "GET /_ping", TIMEOUT);
        assert_eq!(&server.join().unwrap(), b"GET /_ping HTT");
        std::fs::remove_file(socket).unwrap();
        status
    }

    #[test]
    fn the_status_is_read_from_the_first_line() {
        let status = status_from_a_server_that_says("ok", b"HTTP/1.1 200 OK\r\n\r\nOK");
        assert_eq!(status.unwrap(), Some(200));
    }

    #[test]
    fn what_is_no_http_has_no_status() {
        assert_eq!(status_from_a_server_that_says("other", b"220 mail.local ready").unwrap(), None);
        assert!(status_from_a_server_that_says("short", b"HT").is_err());
    }

    #[test]
    fn no_socket_is_no_answer() {
        assert!(ask_host("unix:///no/such.sock", "GET /_ping", TIMEOUT).is_err());
    }
}
