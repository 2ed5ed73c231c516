//! Serves `sqlite:<file>` or `postgres:…`: an app with axum-login that answers who is signed in, as in
//! `benches/http/src/axum_login_app.rs`, but with its sessions in a database. It prints the URL and the cookie to send.
//! The users are in memory, so a read is one query.

use std::collections::HashMap;
use std::convert::Infallible;
use std::error::Error;
use std::net::Ipv4Addr;
use std::str::FromStr as _;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use axum_login::{AuthManagerLayerBuilder, AuthSession, AuthUser, AuthnBackend, UserId};
use serde::Serialize;
use tokio::net::TcpListener;
use tower::ServiceExt as _;
use tower_sessions::{SessionManagerLayer, SessionStore};
use tower_sessions_sqlx_store::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use tower_sessions_sqlx_store::sqlx::{PgPool, SqlitePool};
use tower_sessions_sqlx_store::{PostgresStore, SqliteStore};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// As in axum-login's own example: a user in a map, and a hash that ends sessions when it changes.
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

#[tokio::main]
async fn main() -> Result {
    let url = std::env::args().nth(1).unwrap_or_default();
    if url.starts_with("sqlite:") {
        // As the library opens the file.
        let options = SqliteConnectOptions::from_str(&url)?.create_if_missing(true);
        let options = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Normal);
        let store = SqliteStore::new(SqlitePool::connect_with(options).await?);
        store.migrate().await?;
        serve(store).await
    } else {
        let store = PostgresStore::new(PgPool::connect(&url).await?);
        store.migrate().await?;
        serve(store).await
    }
}

async fn serve(store: impl SessionStore + Clone) -> Result {
    let ada = User {
        id: 1,
        name: "Ada Lovelace",
        image: "https://bitbucket.org/account/ada/avatar/",
        email: "ada@example.org",
        password: vec![7; 32],
    };
    let sessions = SessionManagerLayer::new(store).with_secure(false);
    let layer = AuthManagerLayerBuilder::new(Users([(1, ada)].into()), sessions).build();
    let router = Router::new().route("/login", post(login)).route("/session", get(session)).layer(layer);
    let answer = router.clone().oneshot(Request::post("/login").body(Body::empty())?).await?;
    let cookie = answer.headers().get(header::SET_COOKIE).ok_or("no session")?.to_str()?;
    println!("cookie {}", cookie.split(';').next().unwrap_or_default());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("listening on http://{}/session", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
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
