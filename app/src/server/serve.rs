#![allow(clippy::print_stdout, reason = "the line that says where it listens")]

use std::error::Error;
use std::io;
use std::net::SocketAddr;

use axum::Router;
use tokio::net::{TcpListener, TcpSocket};

use crate::server::cli::{DemoMode, Options};
use crate::server::database::SessionStore;
use crate::server::signals::Signals;
use crate::server::time_limits::TimeLimits;
use crate::server::{check, connections, demo, metrics, router};

/// The length of the kernel's queue of connections that are not accepted yet. The kernel may use a lower limit.
const WAITING: u32 = 4096;

/// Serves the app until a signal stops the process.
#[tokio::main]
pub(super) async fn serve(options: &Options) -> Result<(), Box<dyn Error>> {
    let wanted = options.address();
    let listener = listen(wanted)
        .map_err(|error| format!("can't listen on {wanted}: {error}; choose another port with --port"))?;
    let address = listener.local_addr()?;

    // The other settings are checked before the database is opened. So the program does not wait for a database that it
    // can't use, and does not change it.
    let database = options.database.database();
    let unopened = SessionStore::stand_in(&database);
    let configured = (options.demo != DemoMode::Always).then(|| check::configure(address, options, &unopened));
    let start_demo = match &configured {
        None => true,
        Some(Err(error)) => options.demo == DemoMode::Auto && check::has_no_credentials(error),
        Some(Ok(_)) => false,
    };
    let configured = if start_demo { Ok(None) } else { configured.transpose() };
    let way_out = if cfg!(feature = "demo") && configured.is_err() { " (--demo needs no configuration)" } else { "" };
    let not_valid = |problems: String| format!("The configuration is not valid{way_out}:\n{problems}");
    let (_, database) = check::all_valid(configured, database).map_err(not_valid)?;
    // If a database can't be reached, this line says what the program waits for.
    tracing::info!("sessions are in {database}");
    let store = database.open().await.map_err(not_valid)?;
    let app = if start_demo {
        let demo = demo::configure(address, options, &store)?;
        tracing::info!("the demo is on: people sign in with a stand-in for Bitbucket");
        router::router(&demo.auth, Some(demo.stand_in), &options.site, options.time_limits)
    } else {
        let auth = check::configure(address, options, &store)?;
        for warning in auth.config_warnings(address) {
            tracing::warn!(code = warning.code(), "{warning}");
        }
        router::router(&auth, None, &options.site, options.time_limits)
    };
    if let Some(wanted) = options.metrics {
        metrics::serve(wanted).await?;
    }
    // This comes before the output: a program that reads the line may send a signal at once.
    let signals = Signals::listen()?;
    println!("listening on http://{address}");
    connections::serve(listener, app, options.time_limits, signals).await?;
    tracing::info!("stopped");
    Ok(())
}

/// Serves an app like the program does, until a signal stops the process.
///
/// # Errors
///
/// If the operating system does not provide signals, files or connections.
pub async fn serve_on(listener: TcpListener, app: Router, limits: TimeLimits) -> io::Result<()> {
    connections::serve(listener, app, limits, Signals::listen()?).await
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restarted program does not wait until the old connections have expired in the kernel. On Windows, this option
    // would allow two programs to listen at the same address.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING)
}
