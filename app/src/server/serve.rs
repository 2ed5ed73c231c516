#![allow(clippy::print_stdout, reason = "the line that says where it listens")]

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum_server::Server;
use tokio::net::{TcpListener, TcpSocket};

use super::cli::{DemoMode, Options};
use super::connections::Connections;
use super::{check, demo, metrics, router};

/// How long somebody may take to send a request's line and headers; who takes longer wants to keep
/// the connection busy, and not an answer.
const REQUEST_HEAD: Duration = Duration::from_secs(10);

/// How many connections the system keeps until they are taken; it may allow fewer.
const WAITING: u32 = 4096;

/// Serves until it is told to stop.
#[tokio::main]
pub(super) async fn serve(options: &Options) -> Result<(), Box<dyn Error>> {
    let wanted = options.address();
    let listener = listen(wanted).map_err(|error| format!("can't listen on {wanted}: {error}; try --port"))?;
    let address = listener.local_addr()?;

    let configured = if options.demo == DemoMode::Always { None } else { Some(check::configure(address, options)) };
    let start_demo = match &configured {
        None => true,
        Some(Err(error)) => options.demo == DemoMode::Auto && check::has_no_credentials(error),
        Some(Ok(_)) => false,
    };
    let app = match configured {
        Some(configured) if !start_demo => {
            let auth = configured.map_err(|error| {
                let way_out = if cfg!(feature = "demo") { " (--demo signs in without one)" } else { "" };
                format!("The configuration is not complete{way_out}:\n{error}")
            })?;
            for warning in auth.config_warnings(address) {
                tracing::warn!(code = warning.code(), "{warning}");
            }
            router::router(&auth, None, &options.site)
        }
        _ => {
            let demo = demo::configure(address, options)?;
            tracing::info!("demo: signing in with a stand-in for Bitbucket");
            router::router(&demo.auth, Some(demo.stand_in), &options.site)
        }
    };
    if let Some(wanted) = options.metrics {
        metrics::serve(wanted).await?;
    }
    let connections = Connections::new()?;
    println!("listening on http://{address}");
    serve_connections(connections, listener, app).await?;
    tracing::info!("stopped");
    Ok(())
}

/// Serves an app as the program does, until the process is told to stop.
///
/// # Errors
///
/// When the system refuses signals, files or connections.
pub async fn serve_on(listener: TcpListener, app: Router) -> io::Result<()> {
    serve_connections(Connections::new()?, listener, app).await
}

async fn serve_connections(connections: Connections, listener: TcpListener, app: Router) -> io::Result<()> {
    let mut server = Server::from_listener(connections.taken_by(listener))
        .handle(connections.handle.clone())
        .first_request_timeout(REQUEST_HEAD)
        // The proxy in front speaks HTTP/2 to browsers. Here its connections would need limits of their own.
        .http1_only();
    // hyper takes up to twice as much that arrives in one piece; the router refuses it then.
    server.http_builder().http1().header_read_timeout(REQUEST_HEAD).max_buf_size(router::MAX_HEAD_BYTES);
    server.serve(connections.served_by(app).into_make_service_with_connect_info::<SocketAddr>()).await
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A new start need not wait for the connections of the one before. On Windows it would mean that two
    // may listen at once.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING)
}
