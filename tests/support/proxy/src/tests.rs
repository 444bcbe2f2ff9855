//! Against a server that answers every frame with itself.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use super::{Action, Proxy, Side, opcode};

/// A server that is never ended: its thread waits for connections as long as the tests run.
fn echo() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || std::io::copy(&mut stream.try_clone().unwrap(), &mut stream));
        }
    });
    address
}

fn proxy() -> Proxy {
    Proxy::listen((Ipv4Addr::LOCALHOST, 0).into(), echo()).unwrap()
}

struct Client(TcpStream);

impl Client {
    fn of(proxy: &Proxy) -> Self {
        let stream = TcpStream::connect(proxy.address()).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Self(stream)
    }

    fn send(&mut self, stream: u8) {
        self.0.write_all(&[4, 0, 0, stream, opcode::EXECUTE, 0, 0, 0, 2, 7, 7]).unwrap();
    }

    /// The stream of the next frame, `None` if the connection is closed.
    fn receive(&mut self) -> Option<u8> {
        let mut frame = [0; 11];
        self.0.read_exact(&mut frame).ok().map(|()| frame[3])
    }
}

#[test]
fn frames_pass_and_none_are_kept() {
    let proxy = proxy();
    let mut client = Client::of(&proxy);
    for stream in 0..100 {
        client.send(stream);
        assert_eq!(client.receive(), Some(stream));
    }
    assert!(proxy.executes().is_empty());
    assert_eq!((proxy.accepted(), proxy.open()), (1, 1));
}

#[test]
fn a_delayed_frame_comes_later_and_is_overtaken() {
    let proxy = proxy();
    let delay = Duration::from_millis(300);
    proxy.hook(move |passing| match (passing.from, passing.frame.stream()) {
        (Side::Server, 1) => Action::Delay(delay),
        (Side::Server, 2) => Action::Delay(delay / 2),
        _ => Action::Pass,
    });
    let mut client = Client::of(&proxy);
    let began = Instant::now();
    for stream in 1..=3 {
        client.send(stream);
    }
    assert_eq!([client.receive(), client.receive(), client.receive()], [Some(3), Some(2), Some(1)]);
    assert!(began.elapsed() >= delay);
}

#[test]
fn cutting_one_connection_leaves_the_others() {
    let proxy = proxy();
    let mut clients = [Client::of(&proxy), Client::of(&proxy)];
    for client in &mut clients {
        client.send(1);
        assert_eq!(client.receive(), Some(1));
    }
    assert_eq!(proxy.connections(), [0, 1]);
    proxy.cut(0);
    let [cut, other] = &mut clients;
    assert_eq!(cut.receive(), None);
    other.send(2);
    assert_eq!(other.receive(), Some(2));
    proxy.cut(0);
    proxy.cut(7);
    let deadline = Instant::now() + Duration::from_secs(30);
    while proxy.connections() != [1] {
        assert!(Instant::now() < deadline, "{:?}", proxy.connections());
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn an_address_that_is_taken_is_an_error() {
    let first = proxy();
    assert!(Proxy::listen(first.address(), echo()).is_err());
}

/// The driver's few connections carry some thousand frames a second; what the proxy costs has to be little beside it.
#[test]
fn ten_thousand_frames_pass_on_one_connection() {
    let proxy = proxy();
    let mut client = Client::of(&proxy);
    let mut other = Client(client.0.try_clone().unwrap());
    let began = Instant::now();
    let sender = thread::spawn(move || (0..10_000_u32).for_each(|number| other.send(number as u8)));
    for number in 0..10_000_u32 {
        assert_eq!(client.receive(), Some(number as u8));
    }
    sender.join().unwrap();
    eprintln!("{:.0} frames a second each way", 10_000.0 / began.elapsed().as_secs_f64());
}
