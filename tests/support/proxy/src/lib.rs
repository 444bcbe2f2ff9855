//! A proxy in front of a Cassandra node that understands the frames of its protocol, to make faults that a server cannot
//! be told to make.
//!
//! ```no_run
//! # fn main() -> std::io::Result<()> {
//! use proxy::{Action, Proxy, opcode};
//!
//! let proxy = Proxy::listen("127.0.0.101:9042".parse().unwrap(), "127.0.0.1:9042".parse().unwrap())?;
//! proxy.hook(|passing| if passing.is_answer_to(opcode::EXECUTE) { Action::Swallow } else { Action::Pass });
//! # Ok(())
//! # }
//! ```

mod delayed;
pub mod forged;
mod frame;
mod link;

use std::{
    collections::VecDeque,
    fmt,
    io::{self, BufReader},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use delayed::Delayed;
pub use frame::{Frame, opcode};
use link::Link;
pub use link::Side;

/// Longer than a server takes to answer on the slowest machine: only a failing test waits this long.
const LONGEST: Duration = Duration::from_secs(60);

/// What happens to a frame that reached the proxy. Only what is held or delayed is overtaken.
#[derive(Clone, Debug)]
pub enum Action {
    /// Goes on its way.
    Pass,
    /// Is lost.
    Swallow,
    /// Passes when this time is over; later frames overtake it.
    Delay(Duration),
    /// Passes when [`Proxy::release`] or [`Proxy::release_first`] is called; later frames overtake it.
    Hold,
    /// Closes the connection; the frame is lost.
    Close,
    /// Passes, then the connection is closed.
    PassAndClose,
    /// Passes the first half of the frame, then closes the connection.
    CutInside,
    /// Answers the client with this opcode and body; the frame is lost.
    Answer(u8, Vec<u8>),
    /// Sends the client these bytes, a frame or not; the frame is lost.
    Raw(Vec<u8>),
}

/// A frame on its way, as a hook sees it.
#[derive(Debug)]
pub struct Passing<'f> {
    /// Who sent it.
    pub from: Side,
    /// Connections are counted from 0.
    pub connection: usize,
    /// Whether this is the connection on which the driver hears of events.
    pub control: bool,
    /// The opcode of the request; on an answer, of the request that is answered.
    pub request: u8,
    /// The frame itself.
    pub frame: &'f Frame,
}

impl Passing<'_> {
    /// Whether this is a request with that opcode.
    pub fn is_request(&self, opcode: u8) -> bool {
        self.from == Side::Client && self.request == opcode
    }

    /// Whether this answers a request with that opcode.
    pub fn is_answer_to(&self, opcode: u8) -> bool {
        self.from == Side::Server && self.request == opcode
    }
}

type Hook = Box<dyn FnMut(&Passing<'_>) -> Action + Send>;

/// Listens at an address and passes everything on to a server, but for what its hook decides. Dropped, it closes all
/// connections and ends its threads.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

struct Shared {
    server: SocketAddr,
    hook: Mutex<Hook>,
    links: Mutex<Vec<Arc<Link>>>,
    held: Mutex<Vec<(Arc<Link>, Side, Frame)>>,
    delayed: Delayed,
    /// `None` where none are kept.
    executes: Option<Mutex<Vec<Frame>>>,
    accepted: AtomicUsize,
    stopped: AtomicBool,
}

impl Proxy {
    /// Listens on a free port of 127.0.0.1, and keeps all EXECUTEs for a test to look at.
    ///
    /// # Panics
    /// When there is no free port.
    #[allow(clippy::expect_used, reason = "a test fails by panicking")]
    pub fn start(server: SocketAddr) -> Self {
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self::bind(any_port, server, Some(Mutex::default())).expect("there is a free port")
    }

    /// Listens at an address of one's own choice, for as long as wanted: it keeps no frames.
    ///
    /// # Errors
    /// When the address cannot be listened at.
    pub fn listen(at: SocketAddr, server: SocketAddr) -> io::Result<Self> {
        Self::bind(at, server, None)
    }

    fn bind(at: SocketAddr, server: SocketAddr, executes: Option<Mutex<Vec<Frame>>>) -> io::Result<Self> {
        let listener = TcpListener::bind(at)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            server,
            hook: Mutex::new(Box::new(|_| Action::Pass)),
            links: Mutex::default(),
            held: Mutex::default(),
            delayed: Delayed::default(),
            executes,
            accepted: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
        });
        let acceptor = thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.accept(&listener)
        });
        Ok(Self { address, shared, acceptor: Some(acceptor) })
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on `hook` decides about every frame.
    pub fn hook(&self, hook: impl FnMut(&Passing<'_>) -> Action + Send + 'static) {
        *self.shared.hook.lock() = Box::new(hook);
    }

    /// From now on everything passes.
    pub fn pass(&self) {
        self.hook(|_| Action::Pass);
    }

    /// The next EXECUTEs meet these actions, one each; everything else passes.
    pub fn on_executes(&self, actions: impl IntoIterator<Item = Action>) {
        self.script(|passing| passing.is_request(opcode::EXECUTE), actions);
    }

    /// The next answers to EXECUTEs meet these actions, one each; everything else passes.
    pub fn on_answers(&self, actions: impl IntoIterator<Item = Action>) {
        self.script(|passing| passing.is_answer_to(opcode::EXECUTE), actions);
    }

    fn script(&self, concerns: fn(&Passing<'_>) -> bool, actions: impl IntoIterator<Item = Action>) {
        let mut actions: VecDeque<Action> = actions.into_iter().collect();
        self.hook(move |passing| {
            let action = if concerns(passing) { actions.pop_front() } else { None };
            action.unwrap_or(Action::Pass)
        });
    }

    /// Sends what was held on its way.
    pub fn release(&self) {
        for (link, to, frame) in self.shared.held.lock().drain(..) {
            // The connection may have been closed meanwhile.
            let _ = link.send(to, frame.bytes());
        }
    }

    /// Sends on its way what was held first.
    ///
    /// # Panics
    /// When nothing is held, or its connection is closed.
    #[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    pub fn release_first(&self) {
        let mut held = self.shared.held.lock();
        assert!(!held.is_empty(), "nothing is held");
        let (link, to, frame) = held.remove(0);
        link.send(to, frame.bytes()).unwrap();
    }

    /// Lets the EXECUTE that was held first reach the server and waits for the server's answer to it. Nothing else may be
    /// under way.
    ///
    /// # Panics
    /// When nothing is held, or no answer comes.
    #[allow(clippy::expect_used, reason = "a test fails by panicking")]
    pub fn release_and_await_answer(&self) {
        let (answered, answer) = mpsc::channel();
        self.hook(move |passing| {
            if passing.is_answer_to(opcode::EXECUTE) {
                let _ = answered.send(());
            }
            Action::Pass
        });
        self.release_first();
        answer.recv_timeout(LONGEST).expect("the server answers");
    }

    /// How many frames are held.
    pub fn held(&self) -> usize {
        self.shared.held.lock().len()
    }

    /// The EXECUTEs that came so far, whatever became of them; none where they are not kept.
    pub fn executes(&self) -> Vec<Frame> {
        self.shared.executes.as_ref().map(|executes| executes.lock().clone()).unwrap_or_default()
    }

    /// How many connections there ever were.
    pub fn accepted(&self) -> usize {
        self.shared.accepted.load(Ordering::SeqCst)
    }

    /// How many connections there are.
    pub fn open(&self) -> usize {
        self.shared.links.lock().len()
    }

    /// The numbers of the connections that there are, the oldest first.
    pub fn connections(&self) -> Vec<usize> {
        self.shared.links.lock().iter().map(|link| link.number()).collect()
    }

    /// Cuts a connection, whatever is under way on it. Nothing happens if it is closed already.
    pub fn cut(&self, connection: usize) {
        // Its own threads then take it off the list.
        self.shared.links.lock().iter().filter(|link| link.number() == connection).for_each(|link| link.close());
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({} -> {})", self.address, self.shared.server)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Only a connection wakes it.
        let _ = TcpStream::connect(self.address);
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

impl Shared {
    fn accept(&self, listener: &TcpListener) {
        thread::scope(|scope| {
            scope.spawn(|| self.delayed.run());
            for client in listener.incoming() {
                if self.stopped.load(Ordering::SeqCst) {
                    break;
                }
                // Where the server is down, the client's connection is closed.
                let Ok(link) = client.and_then(|client| Link::new(client, self.server, self.next_number())) else {
                    continue;
                };
                let link = Arc::new(link);
                self.links.lock().push(Arc::clone(&link));
                for side in [Side::Client, Side::Server] {
                    let link = Arc::clone(&link);
                    scope.spawn(move || self.pump(&link, side));
                }
            }
            self.delayed.stop();
            for link in &*self.links.lock() {
                link.close();
            }
        });
    }

    fn next_number(&self) -> usize {
        self.accepted.fetch_add(1, Ordering::SeqCst)
    }

    /// Passes on what comes from one side until either is closed.
    fn pump(&self, link: &Arc<Link>, from: Side) {
        let mut reader = BufReader::new(link.stream(from));
        while let Ok(frame) = Frame::read(&mut reader) {
            if self.act(link, from, frame).is_err() {
                break;
            }
        }
        link.close();
        self.links.lock().retain(|open| !Arc::ptr_eq(open, link));
    }

    /// Does with a frame what the hook says. An error means that the connection is to be closed.
    #[allow(clippy::indexing_slicing, reason = "half of a frame is within it")]
    fn act(&self, link: &Arc<Link>, from: Side, frame: Frame) -> io::Result<()> {
        let request = link.note(from, &frame);
        if let Some(executes) = &self.executes
            && from == Side::Client
            && request == opcode::EXECUTE
        {
            executes.lock().push(frame.clone());
        }
        let passing = Passing { from, connection: link.number(), control: link.is_control(), request, frame: &frame };
        let action = (self.hook.lock())(&passing);
        let (to, closed) = (from.other(), Err(io::ErrorKind::ConnectionAborted.into()));
        match action {
            Action::Pass => link.send(to, frame.bytes()),
            Action::Swallow => Ok(()),
            Action::Delay(delay) => {
                self.delayed.add(Instant::now() + delay, link, to, frame);
                Ok(())
            }
            Action::Hold => {
                self.held.lock().push((Arc::clone(link), to, frame));
                Ok(())
            }
            Action::Close => closed,
            Action::PassAndClose => link.send(to, frame.bytes()).and(closed),
            Action::CutInside => link.send(to, &frame.bytes()[..frame.bytes().len() / 2]).and(closed),
            Action::Answer(opcode, body) => link.send(Side::Client, frame.answer(opcode, &body).bytes()),
            Action::Raw(bytes) => link.send(Side::Client, &bytes),
        }
    }
}

#[cfg(test)]
mod tests;
