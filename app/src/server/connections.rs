//! Which connections are taken, and which stay: none is closed while a request is on its way.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::extract::{Request, State};
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, Version};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum_server::{AddrListener, Address, Handle};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::sleep;

use super::signals::{Signal, Signals};

/// For how long connections may still bring a request when the program is to end. One that is closed
/// just as it is used loses that request, so busy ones are closed by an answer that says so.
const LAST_CALL: Duration = Duration::from_secs(1);
/// How long requests that are under way may take then.
const LAST_REQUESTS: Duration = Duration::from_secs(10);
/// What the program opens beside connections, and some more.
const OTHER_FILES: u64 = 24;
/// How long to wait for room.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// The connections of a server.
#[derive(Clone)]
pub(super) struct Connections {
    pub(super) handle: Handle<Peer>,
    most: usize,
    last_call: watch::Receiver<bool>,
}

impl Connections {
    /// Takes as many as the system gives files for: a request may need a second one, to ask the
    /// provider. Ends the server when the process is asked to end, from now on: Ctrl-C at once, SIGTERM
    /// after the last call.
    pub(super) fn new() -> io::Result<Self> {
        let (handle, signals) = (Handle::new(), Signals::listen()?);
        let (call, last_call) = watch::channel(false);
        tokio::spawn({
            let handle = handle.clone();
            async move {
                if signals.next().await == Signal::Terminate {
                    call.send_replace(true);
                    let start = Instant::now();
                    while start.elapsed() < LAST_CALL && handle.connection_count() > 0 {
                        sleep(LOOK_AGAIN).await;
                    }
                }
                handle.graceful_shutdown(Some(LAST_REQUESTS));
            }
        });
        let most = (most_files()?.saturating_sub(OTHER_FILES) / 2).max(1);
        Ok(Self { handle, most: usize::try_from(most).unwrap_or(usize::MAX), last_call })
    }

    /// The listener, which takes who is waiting already at the last call, and then nobody.
    pub(super) fn taken_by(&self, listener: TcpListener) -> Listener {
        Listener { door: Mutex::new(Door::Open(Arc::new(listener))), connections: self.clone() }
    }

    /// The router, whose answers say that they are the last on their connection when they are.
    pub(super) fn served_by(&self, router: Router) -> Router {
        router.layer(middleware::from_fn_with_state(self.clone(), say_when_last))
    }

    /// Whether a connection had better end with its request.
    fn is_last_request(&self) -> bool {
        *self.last_call.borrow() || self.handle.connection_count() > self.most / 2
    }

    async fn wait_for_room(&self) {
        while self.handle.connection_count() >= self.most {
            sleep(LOOK_AGAIN).await;
        }
    }

    async fn last_call(&self) {
        if self.last_call.clone().wait_for(|called| *called).await.is_err() {
            // Nobody will call any more.
            std::future::pending::<()>().await;
        }
    }
}

/// How many files the process may open: as many as it may allow itself.
#[cfg(unix)]
fn most_files() -> io::Result<u64> {
    rlimit::increase_nofile_limit(u64::MAX)
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
fn most_files() -> io::Result<u64> {
    Ok(u64::MAX)
}

async fn say_when_last(State(connections): State<Connections>, request: Request, next: Next) -> Response {
    // HTTP/2 says it otherwise (RFC 9113, 6.8), and hyper does.
    let has_header = request.version() < Version::HTTP_2;
    let mut response = next.run(request).await;
    if has_header && connections.is_last_request() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Takes connections until the last call.
pub(super) struct Listener {
    door: Mutex<Door>,
    connections: Connections,
}

enum Door {
    Open(Arc<TcpListener>),
    /// Who had come before it was closed.
    Closed(VecDeque<(std::net::TcpStream, SocketAddr)>),
}

impl Listener {
    /// The listener while it listens, or else one who came before.
    fn next(&self) -> Result<Arc<TcpListener>, Option<(std::net::TcpStream, SocketAddr)>> {
        match &mut *self.door.lock().unwrap_or_else(PoisonError::into_inner) {
            Door::Open(listener) => Ok(Arc::clone(listener)),
            Door::Closed(waiting) => Err(waiting.pop_front()),
        }
    }

    /// Closes the door behind all who have come. The kernel is asked for them: what the runtime knows
    /// may be older, and whom nobody takes is turned away in the middle of a request.
    fn close(&self, listener: Arc<TcpListener>) -> io::Result<()> {
        let mut door = self.door.lock().unwrap_or_else(PoisonError::into_inner);
        *door = Door::Closed(VecDeque::new());
        let listener = Arc::into_inner(listener).ok_or(io::ErrorKind::ResourceBusy)?.into_std()?;
        let waiting = std::iter::from_fn(|| listener.accept().ok());
        *door = Door::Closed(waiting.collect());
        Ok(())
    }
}

impl AddrListener<TcpStream, Peer> for Listener {
    async fn bind_to(_: Peer) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    async fn accept_stream(&self) -> io::Result<(TcpStream, Peer)> {
        loop {
            self.connections.wait_for_room().await;
            match self.next() {
                Ok(listener) => tokio::select! {
                    accepted = listener.accept() => {
                        let (stream, address) = accepted?;
                        return Ok((stream, Peer(address)));
                    }
                    () = self.connections.last_call() => self.close(listener)?,
                },
                Err(Some((stream, address))) => {
                    stream.set_nonblocking(true)?;
                    return Ok((TcpStream::from_std(stream)?, Peer(address)));
                }
                Err(None) => std::future::pending().await,
            }
        }
    }

    fn get_local_addr(&self) -> io::Result<Peer> {
        match self.next() {
            Ok(listener) => listener.local_addr().map(Peer),
            Err(_) => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

/// Where a request comes from.
#[derive(Clone, Copy)]
pub(super) struct Peer(SocketAddr);

impl Address for Peer {
    type Stream = TcpStream;
    type Listener = Listener;
}

impl Connected<Peer> for SocketAddr {
    fn connect_info(peer: Peer) -> Self {
        peer.0
    }
}
