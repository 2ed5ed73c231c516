use std::collections::HashMap;
use std::convert::Infallible;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};

use axum_login::{AuthManagerLayerBuilder, AuthSession, AuthUser, AuthnBackend, UserId};
use serde::Serialize;
use tower::ServiceExt as _;
use tower_sessions::{MemoryStore, SessionManagerLayer};

use super::Result;

/// As in axum-login's own example: a session in memory, a user in a map, and a hash that ends sessions when it changes.
#[derive(Clone, Default)]
struct Users(HashMap<u64, User>);

#[derive(Clone, Debug, Serialize)]
struct User {
    id: u64,
    name: &'static str,
    image: &'static str,
    email: &'static str,
    #[serde(skip)]
    password: Vec<u8>,
}

impl AuthUser for User {
    type Id = u64;

    fn id(&self) -> u64 {
        self.id
    }

    fn session_auth_hash(&self) -> &[u8] {
        &self.password
    }
}

impl AuthnBackend for Users {
    type User = User;
    type Credentials = u64;
    type Error = Infallible;

    async fn authenticate(&self, id: u64) -> std::result::Result<Option<User>, Infallible> {
        Ok(self.0.get(&id).cloned())
    }

    async fn get_user(&self, id: &UserId<Self>) -> std::result::Result<Option<User>, Infallible> {
        Ok(self.0.get(id).cloned())
    }
}

/// Returns the app, the path, and the cookie of a person who has signed in.
pub(crate) async fn router() -> Result<(Router, &'static str, String)> {
    let ada = User {
        id: 1,
        name: "Ada Lovelace",
        image: "https://bitbucket.org/account/ada/avatar/",
        email: "ada@example.org",
        password: vec![7; 32],
    };
    let sessions = SessionManagerLayer::new(MemoryStore::default()).with_secure(false);
    let layer = AuthManagerLayerBuilder::new(Users([(1, ada)].into()), sessions).build();
    let router = Router::new().route("/login", post(login)).route("/session", get(session)).layer(layer);
    let request = Request::post("/login").body(Body::empty())?;
    let answer = router.clone().oneshot(request).await?;
    let cookie = answer.headers().get(header::SET_COOKIE).ok_or("no session")?.to_str()?;
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    Ok((router, "/session", cookie))
}

async fn login(mut auth: AuthSession<Users>) -> StatusCode {
    let Ok(Some(user)) = auth.authenticate(1).await else { return StatusCode::UNAUTHORIZED };
    match auth.login(&user).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

async fn session(auth: AuthSession<Users>) -> Response {
    match auth.user {
        Some(user) => Json(user).into_response(),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}
