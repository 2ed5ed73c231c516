//! This app, in the place of the small one that the library's tests have.

use std::path::Path;

use aura_auth::Auth;
use axum::Router;
use tokio::net::TcpListener;

pub(crate) fn pages(auth: &Auth) -> Router {
    aura_auth_app::server::router(auth, None, Path::new("no assets"))
}

pub(crate) fn serve(listener: TcpListener, router: Router) {
    tokio::spawn(async move { aura_auth_app::server::serve_on(listener, router).await.unwrap() });
}
