//! The app under test: this app, instead of the small app of the library's tests.

use std::path::Path;

use aura_auth::Auth;
use aura_auth_app::server::{TimeLimits, router, serve_on};
use axum::Router;
use tokio::net::TcpListener;

pub(crate) fn pages(auth: &Auth) -> Router {
    router(auth, None, Path::new("no assets"), TimeLimits::default())
}

pub(crate) fn serve(listener: TcpListener, app: Router) {
    tokio::spawn(async move { serve_on(listener, app, TimeLimits::default()).await.unwrap() });
}
