use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use super::{
    Error, Result,
    error::malformed,
    frame::{HEADER_LENGTH, Header, Reader, opcode, put_long_bytes, put_string, request},
    rows::Rows,
};

const CONSISTENCY_ONE: u16 = 0x0001;
const FLAG_VALUES: u8 = 0x01;

/// A connection to one node.
#[derive(Debug)]
pub struct Client<S = TcpStream> {
    stream: S,
    /// What `stream` is, or goes through: it bounds each wait.
    socket: TcpStream,
    timeout: Duration,
    /// Of the last request, so that an answer is known to be its own.
    stream_id: i16,
}

impl Client {
    /// Connects, and from then on gives each request, like the connecting itself, at most `timeout`.
    ///
    /// # Errors
    /// When nothing answers in time, or the server asks for a password.
    pub fn connect(address: SocketAddr, timeout: Duration) -> Result<Self> {
        Self::open(address, timeout, None)
    }

    /// As [`connect`](Self::connect), with a user and password for a server that asks for them.
    ///
    /// # Errors
    /// When nothing answers in time, or the server does not accept the user and password.
    pub fn connect_as(address: SocketAddr, timeout: Duration, user: &str, password: &str) -> Result<Self> {
        Self::open(address, timeout, Some(token(user, password)))
    }

    fn open(address: SocketAddr, timeout: Duration, token: Option<String>) -> Result<Self> {
        let socket = TcpStream::connect_timeout(&address, timeout)?;
        Self::start(socket.try_clone()?, socket, timeout, token)
    }
}

impl<S: Read + Write> Client<S> {
    /// As [`connect_as`](Client::connect_as), over a connection that is there already, such as an encrypted one:
    /// `socket` is what `stream` goes through.
    ///
    /// # Errors
    /// When nothing answers in time, or the server does not accept the user and password.
    pub fn over(stream: S, socket: TcpStream, timeout: Duration, user: &str, password: &str) -> Result<Self> {
        Self::start(stream, socket, timeout, Some(token(user, password)))
    }

    fn start(stream: S, socket: TcpStream, timeout: Duration, token: Option<String>) -> Result<Self> {
        socket.set_nodelay(true)?;
        socket.set_write_timeout(Some(timeout))?;
        let mut client = Self { stream, socket, timeout, stream_id: 0 };

        let mut startup = 1_u16.to_be_bytes().to_vec();
        put_string(&mut startup, "CQL_VERSION")?;
        put_string(&mut startup, "3.0.0")?;
        let (answer, _) = client.ask(opcode::STARTUP, &startup)?;
        match (answer, token) {
            (opcode::READY, _) => return Ok(client),
            (opcode::AUTHENTICATE, Some(token)) => {
                let mut body = Vec::new();
                put_long_bytes(&mut body, token.as_bytes())?;
                if client.ask(opcode::AUTH_RESPONSE, &body)?.0 == opcode::AUTH_SUCCESS {
                    return Ok(client);
                }
            }
            (opcode::AUTHENTICATE, None) => return malformed("the server asks for a password: use `connect_as`"),
            _ => {}
        }
        malformed("an answer that does not belong to connecting")
    }

    /// Runs a statement at consistency ONE.
    ///
    /// # Errors
    /// When the server refuses, or does not answer in time.
    pub fn query(&mut self, statement: &str) -> Result<Rows> {
        self.query_with(statement, &[])
    }

    /// As [`query`](Self::query), with a value for each `?`, encoded as its column's type wants it; `None` is null.
    ///
    /// # Errors
    /// When the server refuses, or does not answer in time.
    pub fn query_with(&mut self, statement: &str, values: &[Option<&[u8]>]) -> Result<Rows> {
        let (answer, body) = self.ask(opcode::QUERY, &query_body(statement, values)?)?;
        if answer != opcode::RESULT {
            return malformed(format!("opcode 0x{answer:02X} in answer to a query"));
        }
        Rows::read(Reader::new(&body))
    }

    /// Sends a request and gives the opcode and message of its answer.
    fn ask(&mut self, opcode: u8, body: &[u8]) -> Result<(u8, Vec<u8>)> {
        let deadline = Instant::now() + self.timeout;
        self.stream_id = self.stream_id.wrapping_add(1) & i16::MAX;
        self.stream.write_all(&request(self.stream_id, opcode, body)?)?;
        self.stream.flush()?;

        let mut bytes = [0; HEADER_LENGTH];
        self.read_exact(&mut bytes, deadline)?;
        let header = Header::parse(bytes)?;
        let mut body = vec![0; header.length];
        self.read_exact(&mut body, deadline)?;
        if header.stream != self.stream_id {
            return malformed("an answer to another request");
        }
        message(&header, &body)
    }

    /// Fills the buffer, however slowly the bytes come, by the deadline or not at all.
    fn read_exact(&mut self, mut buffer: &mut [u8], deadline: Instant) -> Result<()> {
        while !buffer.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::Error::from(io::ErrorKind::TimedOut).into());
            }
            self.socket.set_read_timeout(Some(left))?;
            match self.stream.read(buffer) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                Ok(count) => buffer = buffer.get_mut(count..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// What a server that asks for a password wants to hear.
fn token(user: &str, password: &str) -> String {
    format!("\0{user}\0{password}")
}

fn query_body(statement: &str, values: &[Option<&[u8]>]) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    put_long_bytes(&mut body, statement.as_bytes())?;
    body.extend(CONSISTENCY_ONE.to_be_bytes());
    if values.is_empty() {
        body.push(0);
        return Ok(body);
    }
    body.push(FLAG_VALUES);
    let Ok(count) = u16::try_from(values.len()) else { return malformed("over 65,535 values") };
    body.extend(count.to_be_bytes());
    for value in values {
        match value {
            Some(value) => put_long_bytes(&mut body, value)?,
            None => body.extend((-1_i32).to_be_bytes()),
        }
    }
    Ok(body)
}

/// The opcode and message of a frame; a server's error becomes ours.
fn message(header: &Header, body: &[u8]) -> Result<(u8, Vec<u8>)> {
    let mut reader = Reader::new(body);
    header.skip_preamble(&mut reader)?;
    if header.opcode == opcode::ERROR {
        return Err(Error::Server { code: reader.int()?, message: reader.string()? });
    }
    Ok((header.opcode, reader.rest().to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{net::TcpListener, thread};

    const TIMEOUT: Duration = Duration::from_millis(200);

    /// A server that gives one connection these bytes, whatever it is sent, and then holds it open.
    fn server_that_says(bytes: &'static [u8]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(bytes).unwrap();
            io::copy(&mut stream, &mut io::sink())
        });
        address
    }

    #[test]
    fn a_query_carries_consistency_and_values() {
        assert_eq!(query_body("Q", &[]).unwrap(), [0, 0, 0, 1, b'Q', 0, 1, 0]);
        let with_values = query_body("Q", &[Some(&[9]), None]).unwrap();
        assert_eq!(with_values[5..], [0, 1, 1, 0, 2, 0, 0, 0, 1, 9, 0xFF, 0xFF, 0xFF, 0xFF]);
    }

    #[test]
    fn a_server_s_error_keeps_its_code_and_words() {
        let address = server_that_says(b"\x84\0\0\x01\0\0\0\0\x09\0\0\x01\0\0\x03bad");
        let error = Client::connect(address, TIMEOUT).unwrap_err();
        assert_eq!(error.to_string(), "server error 0x0100: bad");
    }

    #[test]
    fn silence_ends_with_the_timeout() {
        let started = Instant::now();
        let error = Client::connect(server_that_says(b"\x84\0\0"), TIMEOUT).unwrap_err();
        assert_eq!(error.to_string(), "no answer in time");
        assert!(started.elapsed() < TIMEOUT * 5);
    }

    #[test]
    fn garbage_is_an_error() {
        for bytes in
            [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], b"\x84\0\0\x01\x02\x7F\xFF\xFF\xFF", b"\x84\0\0\x02\x02\0\0\0\0"]
        {
            assert!(matches!(Client::connect(server_that_says(bytes), TIMEOUT), Err(Error::Protocol(_))), "{bytes:?}");
        }
    }

    #[test]
    fn a_password_that_is_asked_for_must_be_given() {
        let address = server_that_says(b"\x84\0\0\x01\x03\0\0\0\x03\0\x01A");
        assert!(Client::connect(address, TIMEOUT).unwrap_err().to_string().contains("asks for a password"));
    }
}
