#![allow(clippy::print_stdout, reason = "the line that says where it listens")]

use std::error::Error;
use std::net::SocketAddr;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::net::TcpListener;

/// Serves the library's counters in Prometheus's text format on a separate address. The address must be a loopback
/// address, since only the operator may see the counters.
pub(super) async fn serve(wanted: SocketAddr) -> Result<(), Box<dyn Error>> {
    if !wanted.ip().is_loopback() {
        return Err(format!("metrics need a loopback address, and {wanted} is not one: use 127.0.0.1").into());
    }
    let recorder = PrometheusBuilder::new().install_recorder()?;
    let listener =
        TcpListener::bind(wanted).await.map_err(|error| format!("can't serve metrics on {wanted}: {error}"))?;
    println!("metrics on http://{}/metrics", listener.local_addr()?);
    let render = async move || ([(CONTENT_TYPE, "text/plain; version=0.0.4")], recorder.render());
    let app = Router::new().route("/metrics", get(render));
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(())
}
