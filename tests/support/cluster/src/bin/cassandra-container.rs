//! Runs Cassandra in a container for as long as its standard input stays open.
//!
//! Once a query is answered it prints one line, `ready <host>:<port>`, on standard output. The container goes when
//! standard input reaches its end, and also when this process is ended, by SIGKILL too: a second process, which only
//! waits for that, removes it. Only if both are killed does it stay; its name begins with `durable-store-cassandra-`.

use std::{
    env,
    io::{self, Read, Write},
    net::{SocketAddr, ToSocketAddrs},
    os::unix::process::CommandExt,
    process::{Child, Command, ExitCode, Stdio},
    thread::sleep,
    time::{Duration, Instant, SystemTime},
};

use anyhow::{Context, Result, bail, ensure};
use testcontainers::{Container, GenericImage, ImageExt, core::IntoContainerPort, runners::SyncRunner};

const NATIVE_PORT: u16 = 9042;
/// Long enough for an image that must be fetched first to start on a busy machine.
const START_TIMEOUT: Duration = Duration::from_secs(300);
/// Asks for the waiting second process instead.
const REMOVE_LATER: &str = "--remove-at-end-of-input";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => serve(),
        [REMOVE_LATER, name] => remove_at_end_of_input(name),
        _ => Err(anyhow::anyhow!("usage: cassandra-container, without arguments")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cassandra-container: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> Result<()> {
    ensure!(cluster::docker_answers(), "no container daemon answers: start Docker, or set DOCKER_HOST");
    let started = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let name = format!("durable-store-cassandra-{started}-{}", std::process::id());
    // Before the container, so that there is no moment in which it would be left behind.
    let mut remover = spawn_remover(&name)?;
    serve_container(&name).inspect_err(|_| {
        // Closes its standard input, so it makes sure that the container is gone.
        let _ = remover.wait();
    })?;
    remover.kill()?;
    remover.wait()?;
    Ok(())
}

fn serve_container(name: &str) -> Result<()> {
    eprintln!("starting cassandra:{} in the container {name}", cluster::DEFAULT_VERSION);
    let container = GenericImage::new("cassandra", cluster::DEFAULT_VERSION)
        .with_exposed_port(NATIVE_PORT.tcp())
        .with_env_var("MAX_HEAP_SIZE", "512M")
        .with_env_var("HEAP_NEWSIZE", "100M")
        .with_container_name(name)
        .with_startup_timeout(START_TIMEOUT)
        .start()
        .context("starting the container")?;
    let address = mapped_address(&container)?;
    wait_until_ready(&container, address)?;
    writeln!(io::stdout(), "ready {address}")?;
    io::copy(&mut io::stdin(), &mut io::sink())?;
    container.rm().context("removing the container")
}

fn mapped_address(container: &Container<GenericImage>) -> Result<SocketAddr> {
    let host = container.get_host()?.to_string();
    let port = container.get_host_port_ipv4(NATIVE_PORT)?;
    let mut addresses = (host.as_str(), port).to_socket_addrs().with_context(|| format!("resolving {host}"))?;
    addresses.find(SocketAddr::is_ipv4).with_context(|| format!("{host} has no IPv4 address"))
}

fn wait_until_ready(container: &Container<GenericImage>, address: SocketAddr) -> Result<()> {
    let deadline = Instant::now() + START_TIMEOUT;
    while !answers(address) {
        if Instant::now() >= deadline || !container.is_running()? {
            let log = String::from_utf8_lossy(&container.stdout_to_vec()?).into_owned();
            let lines: Vec<&str> = log.lines().collect();
            let tail = lines.get(lines.len().saturating_sub(30)..).unwrap_or_default().join("\n");
            bail!("Cassandra does not answer at {address}; the end of its log:\n{tail}");
        }
        sleep(Duration::from_millis(200));
    }
    Ok(())
}

fn answers(address: SocketAddr) -> bool {
    let client = cluster::cql::Client::connect(address, Duration::from_secs(2));
    client.and_then(|mut client| client.query("SELECT release_version FROM system.local")).is_ok()
}

fn spawn_remover(name: &str) -> Result<Child> {
    let mut remover = Command::new(env::current_exe()?);
    remover.args([REMOVE_LATER, name]);
    remover.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    // Out of the terminal's group: a Ctrl-C there must not end this one too.
    remover.process_group(0).spawn().context("starting the process that removes the container")
}

/// Removes the container once whoever started this process is gone. A container that is just being made is not there
/// yet, so absence counts only after a while.
fn remove_at_end_of_input(name: &str) -> Result<()> {
    io::stdin().read_to_end(&mut Vec::new())?;
    for _ in 0..5 {
        ensure!(cluster::remove_container(name), "the container {name} could not be removed");
        sleep(Duration::from_secs(1));
    }
    Ok(())
}
