//! A small app with a few pages, and axum's own server.

use std::net::SocketAddr;

use aura_auth::{Auth, Session};
use axum::Router;
use axum::routing::{any, get};
use tokio::net::TcpListener;

pub(crate) fn pages(auth: &Auth) -> Router {
    pages_with(auth, Router::new())
}

/// Returns the app's pages and the test's own pages.
pub(crate) fn pages_with(auth: &Auth, more: Router) -> Router {
    let greet = async |session: Option<Session>| match session {
        Some(session) => format!("Hello {}", session.user.name.unwrap_or_default()),
        None => "Hello stranger".to_owned(),
    };
    Router::new()
        .route("/", get(greet).post(greet))
        .route("/private", any(async |session: Session| session.user.sub))
        .route("/static", get(async || "the same for all"))
        .merge(more)
        .nest(auth.base_path(), auth.handlers())
        .layer(auth.layer())
}

pub(crate) fn serve(listener: TcpListener, router: Router) {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
}
