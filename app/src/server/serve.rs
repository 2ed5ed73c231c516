#![allow(clippy::print_stdout, reason = "the line that says where it listens")]

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum_server::Handle;
use tokio::net::TcpListener;
use tokio::signal;

use super::cli::{DemoMode, Options};
use super::{check, demo, metrics, router};

/// How long somebody may take to send a request's line and headers; who takes longer wants to keep
/// the connection busy, and not an answer.
const REQUEST_HEAD: Duration = Duration::from_secs(10);
/// How long requests that are under way may take when the program is to end.
const LAST_REQUESTS: Duration = Duration::from_secs(10);

/// Serves until it is told to stop.
#[tokio::main]
pub(super) async fn serve(options: &Options) -> Result<(), Box<dyn Error>> {
    let wanted = options.address();
    let listener =
        TcpListener::bind(wanted).await.map_err(|error| format!("can't listen on {wanted}: {error}; try --port"))?;
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
                format!("The configuration is not complete (--demo signs in without one):\n{error}")
            })?;
            router::router(&auth, None, &options.site)
        }
        _ => {
            let demo = demo::configure(address, options)?;
            tracing::info!("demo: signing in with a stand-in for Bitbucket");
            router::router(&demo.auth, Some(&demo.bitbucket), &options.site)
        }
    };
    if let Some(wanted) = options.metrics {
        metrics::serve(wanted).await?;
    }
    let stopped = stopped()?;
    println!("listening on http://{address}");
    let handle = Handle::new();
    tokio::spawn({
        let handle = handle.clone();
        async move {
            stopped.await;
            handle.graceful_shutdown(Some(LAST_REQUESTS));
        }
    });
    let mut server = axum_server::from_tcp(listener.into_std()?)?.handle(handle).first_request_timeout(REQUEST_HEAD);
    server.http_builder().http1().header_read_timeout(REQUEST_HEAD);
    server.serve(app.into_make_service_with_connect_info::<SocketAddr>()).await?;
    tracing::info!("stopped");
    Ok(())
}

/// Ready when the process is asked to end, from now on: Ctrl-C or SIGTERM.
#[cfg(unix)]
fn stopped() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal::unix::signal(signal::unix::SignalKind::interrupt())?;
    let mut terminate = signal::unix::signal(signal::unix::SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ready when the process is asked to end: Ctrl-C.
#[cfg(not(unix))]
fn stopped() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        if signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
