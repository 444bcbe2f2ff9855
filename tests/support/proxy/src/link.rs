//! One connection through the proxy.

use std::{
    collections::HashMap,
    io::{self, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    sync::atomic::{AtomicBool, Ordering},
};

use parking_lot::Mutex;

use crate::frame::{Frame, opcode};

/// The two ends of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Who asks.
    Client,
    /// Who answers.
    Server,
}

impl Side {
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

pub(crate) struct Link {
    number: usize,
    client: End,
    server: End,
    control: AtomicBool,
    /// The opcode of the last request on each stream.
    requests: Mutex<HashMap<i16, u8>>,
}

struct End {
    stream: TcpStream,
    /// Held while a frame is written: both directions, and `release`, may write to the client.
    writing: Mutex<()>,
}

impl End {
    fn new(stream: TcpStream) -> io::Result<Self> {
        // Otherwise each request waits for a delayed acknowledgement: 40 milliseconds or more.
        stream.set_nodelay(true)?;
        Ok(Self { stream, writing: Mutex::new(()) })
    }
}

impl Link {
    pub(crate) fn new(client: TcpStream, server: SocketAddr, number: usize) -> io::Result<Self> {
        let (client, server) = (End::new(client)?, End::new(TcpStream::connect(server)?)?);
        Ok(Self { number, client, server, control: AtomicBool::new(false), requests: Mutex::default() })
    }

    pub(crate) fn number(&self) -> usize {
        self.number
    }

    /// Whether the client has asked for events here.
    pub(crate) fn is_control(&self) -> bool {
        self.control.load(Ordering::SeqCst)
    }

    pub(crate) fn stream(&self, side: Side) -> &TcpStream {
        &self.end(side).stream
    }

    /// The opcode of the request that a frame is or answers; 0 for an event, which answers none.
    pub(crate) fn note(&self, from: Side, frame: &Frame) -> u8 {
        let mut requests = self.requests.lock();
        if from == Side::Client {
            requests.insert(frame.stream(), frame.opcode());
            if frame.opcode() == opcode::REGISTER {
                self.control.store(true, Ordering::SeqCst);
            }
        }
        requests.get(&frame.stream()).copied().unwrap_or_default()
    }

    pub(crate) fn send(&self, to: Side, bytes: &[u8]) -> io::Result<()> {
        let end = self.end(to);
        let _writing = end.writing.lock();
        (&end.stream).write_all(bytes)
    }

    pub(crate) fn close(&self) {
        for end in [&self.client, &self.server] {
            // It may be closed already.
            let _ = end.stream.shutdown(Shutdown::Both);
        }
    }

    fn end(&self, side: Side) -> &End {
        match side {
            Side::Client => &self.client,
            Side::Server => &self.server,
        }
    }
}
