//! Accepts connections and serves them until a signal stops the process.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{sleep, timeout};

use crate::server::connection_limit::ConnectionLimit;
use crate::server::router;
use crate::server::signals::{Signal, Signals};
use crate::server::time_limits::TimeLimits;

/// How long to wait after an error of the operating system, such as too many open files.
const AFTER_ERROR: Duration = Duration::from_millis(100);

/// Serves an app over HTTP/1.1 until a signal stops the process. HTTP/2 is not supported: the proxy in front speaks it
/// to browsers, and here it would need limits of its own. Upgrades (WebSocket) are not supported either.
pub(super) async fn serve(listener: TcpListener, app: Router, limits: TimeLimits, signals: Signals) -> io::Result<()> {
    let server = Server {
        app: TowerToHyperService::new(app),
        header_timeout: limits.header_timeout,
        limit: ConnectionLimit::of_process()?,
        is_draining: Arc::default(),
        shutdown: GracefulShutdown::new(),
    };
    let signal = tokio::select! {
        signal = signals.next() => signal,
        never = server.accept(&listener) => match never {},
    };
    if signal == Signal::Terminate {
        if let Ok(Err(error)) = timeout(limits.drain_timeout, server.drain(listener)).await {
            tracing::warn!(%error, "a waiting connection could not be accepted during shutdown");
        }
    } else {
        drop(listener);
    }
    if timeout(limits.shutdown_timeout, server.shutdown.shutdown()).await.is_err() {
        tracing::warn!("pending requests were aborted, because they took longer than the shutdown timeout");
    }
    Ok(())
}

struct Server {
    app: TowerToHyperService<Router>,
    header_timeout: Duration,
    limit: ConnectionLimit,
    is_draining: Arc<AtomicBool>,
    shutdown: GracefulShutdown,
}

impl Server {
    async fn accept(&self, listener: &TcpListener) -> Infallible {
        loop {
            let permit = self.limit.acquire().await;
            match listener.accept().await {
                Ok((stream, peer)) => self.serve(stream, peer, permit),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(AFTER_ERROR).await;
                }
            }
        }
    }

    /// Stops listening, and waits until each open connection has sent one more request.
    async fn drain(&self, listener: TcpListener) -> io::Result<()> {
        self.is_draining.store(true, Ordering::Relaxed);
        // The kernel has already established these connections, and their clients may have sent a request.
        let listener = listener.into_std()?;
        while let Ok((stream, peer)) = listener.accept() {
            stream.set_nonblocking(true)?;
            self.serve(TcpStream::from_std(stream)?, peer, self.limit.acquire().await);
        }
        drop(listener);
        self.limit.all_released().await;
        Ok(())
    }

    fn serve(&self, stream: TcpStream, peer: SocketAddr, permit: OwnedSemaphorePermit) {
        let (app, limit, is_draining) = (self.app.clone(), self.limit.clone(), Arc::clone(&self.is_draining));
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            let (answer, limit, is_draining) = (app.call(request), limit.clone(), Arc::clone(&is_draining));
            async move {
                let mut response: Response = answer.await?;
                if is_draining.load(Ordering::Relaxed) || limit.is_nearly_reached() {
                    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(response)
            }
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(self.header_timeout);
        // hyper accepts up to twice as many bytes if they arrive in one read. The router then rejects the request.
        http.max_buf_size(router::MAX_HEAD_BYTES);
        let connection = self.shutdown.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended with an error");
            }
            drop(permit);
        });
    }
}
