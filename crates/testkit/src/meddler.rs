//! A server that lies: it stands in front of an honest one and changes what that one says.
//!
//! HTTP answers are exchanged by path, WebSockets pass as they are until something is put in between or they are cut.
//! What the app says is passed on unchanged, so the honest server behind it stays in step.

use std::{
    fmt,
    io::{ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use anyhow::{Context, Result};

use crate::{
    Reply, frames,
    http::{head, header, length, parse},
    wait,
};

/// How long an honest server may take to answer.
const ANSWER: Duration = Duration::from_secs(20);

type Lie = Arc<dyn Fn(Reply) -> Reply + Send + Sync>;
type Twist = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// A running go-between.
#[derive(Debug)]
pub struct Meddler {
    address: SocketAddr,
    shared: Arc<Mutex<State>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    lies: Vec<(String, Lie)>,
    twist: Option<Twist>,
    sockets: Vec<Arc<Mutex<TcpStream>>>,
    told: usize,
    away: bool,
    stop: bool,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("sockets", &self.sockets.len()).field("told", &self.told).finish_non_exhaustive()
    }
}

impl Meddler {
    /// Stands in front of the plain HTTP server at `url`.
    pub fn start(url: &str) -> Result<Self> {
        let target = url.trim_start_matches("http://").trim_end_matches('/');
        let target: SocketAddr = target.parse().with_context(|| format!("{url} is no address"))?;
        let listener = TcpListener::bind("127.0.0.1:0").context("cannot listen")?;
        listener.set_nonblocking(true).context("cannot make the listener non-blocking")?;
        let address = listener.local_addr().context("the listener has no address")?;
        let shared = Arc::new(Mutex::new(State::default()));
        let state = Arc::clone(&shared);
        let thread = std::thread::spawn(move || accept(&listener, target, &state));
        Ok(Self { address, shared, thread: Some(thread) })
    }

    /// What the app is told to connect to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.shared)
    }

    /// Answers to requests whose path ends in `path` are changed so from now on.
    pub fn lie(&self, path: &str, lie: impl Fn(Reply) -> Reply + Send + Sync + 'static) {
        let mut state = self.lock();
        state.lies.retain(|(known, _)| known != path);
        state.lies.push((path.to_owned(), Arc::new(lie)));
    }

    /// Text messages that the server sends over WebSockets are changed so from now on.
    pub fn twist(&self, twist: impl Fn(&str) -> String + Send + Sync + 'static) {
        self.lock().twist = Some(Arc::new(twist));
    }

    /// Nothing is changed any more.
    pub fn be_honest(&self) {
        let mut state = self.lock();
        state.lies.clear();
        state.twist = None;
    }

    /// How many answers and messages were changed so far.
    #[must_use]
    pub fn told(&self) -> usize {
        self.lock().told
    }

    /// Puts a message into every open WebSocket, as text or as bytes, and says into how many. Who finds it too long may
    /// hang up before it has seen all of it.
    pub fn inject(&self, message: &[u8], binary: bool) -> usize {
        let frame = frames::frame(if binary { frames::BINARY } else { frames::TEXT }, message);
        let sockets = self.lock().sockets.clone();
        for socket in &sockets {
            let _ = lock(socket).write_all(&frame);
        }
        sockets.len()
    }

    /// Takes no new connections (`true`), as a server that cannot be reached, or takes them again.
    pub fn stay_away(&self, away: bool) {
        self.lock().away = away;
    }

    /// Cuts every open WebSocket, as a network that goes away does, and says how many.
    pub fn cut(&self) -> usize {
        let sockets = std::mem::take(&mut self.lock().sockets);
        sockets.iter().filter(|socket| lock(socket).shutdown(Shutdown::Both).is_ok()).count()
    }
}

impl Drop for Meddler {
    fn drop(&mut self) {
        self.lock().stop = true;
        self.cut();
        if let Some(thread) = self.thread.take() {
            // One that panicked lies no more: the test that used it has noticed.
            let _ = thread.join();
        }
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn accept(listener: &TcpListener, target: SocketAddr, shared: &Arc<Mutex<State>>) {
    while !lock(shared).stop {
        match listener.accept() {
            Ok((stream, _)) if lock(shared).away => drop(stream),
            Ok((stream, _)) => {
                let shared = Arc::clone(shared);
                // It ends with its connection; a connection that fails is the app's to notice.
                std::thread::spawn(move || drop(serve(stream, target, &shared)));
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => wait::pause(Duration::from_millis(5)),
            Err(_) => return,
        }
    }
}

/// One connection: a WebSocket, or one request and its answer.
fn serve(mut app: TcpStream, target: SocketAddr, shared: &Arc<Mutex<State>>) -> Result<()> {
    app.set_nonblocking(false)?;
    let head = head(&mut app)?;
    let mut server = TcpStream::connect(target)?;
    if header(&head, "upgrade").is_some() {
        server.write_all(head.as_bytes())?;
        return relay(app, server, shared);
    }
    server.set_read_timeout(Some(ANSWER))?;
    // One request a connection, so that the answer ends where the server closes.
    let (first, rest) = head.split_once("\r\n").context("a request without lines")?;
    let kept = rest.split("\r\n").filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    let rest = kept.collect::<Vec<_>>().join("\r\n");
    server.write_all(format!("{first}\r\nconnection: close\r\n{rest}").as_bytes())?;
    let mut body = vec![0; length(&head)];
    app.read_exact(&mut body)?;
    server.write_all(&body)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;

    let path = first.split(' ').nth(1).unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default();
    let lie = lock(shared).lies.iter().find(|(end, _)| path.ends_with(end.as_str())).map(|(_, lie)| Arc::clone(lie));
    if let Some(lie) = lie {
        lock(shared).told += 1;
        let Reply { status, kind, body } = lie(parse(&answer)?);
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} Lie\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
        );
        answer = [head.into_bytes(), body].concat();
    }
    app.write_all(&answer)?;
    Ok(())
}

/// Both directions of a WebSocket until one side closes.
fn relay(mut app: TcpStream, mut server: TcpStream, shared: &Arc<Mutex<State>>) -> Result<()> {
    let answer = head(&mut server)?;
    app.write_all(answer.as_bytes())?;
    let (mut from_app, mut to_server) = (app.try_clone()?, server.try_clone()?);
    let upwards = std::thread::spawn(move || {
        // Whichever way it ends, both ends are to know.
        let _ = std::io::copy(&mut from_app, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Both);
    });
    let sink = Arc::new(Mutex::new(app));
    lock(shared).sockets.push(Arc::clone(&sink));
    while let Ok(frame) = frames::read(&mut server) {
        let twist = lock(shared).twist.clone();
        let bytes = match (twist, std::str::from_utf8(frame.payload())) {
            (Some(twist), Ok(text)) if frame.is_text() => {
                let twisted = twist(text);
                lock(shared).told += usize::from(twisted != text);
                frames::frame(frames::TEXT, twisted.as_bytes())
            }
            _ => frame.into_bytes(),
        };
        if lock(&sink).write_all(&bytes).is_err() {
            break;
        }
    }
    // Gone already, or gone now.
    let _ = lock(&sink).shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
    lock(shared).sockets.retain(|other| !Arc::ptr_eq(other, &sink));
    let _ = upwards.join();
    Ok(())
}
