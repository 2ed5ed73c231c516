//! Measures sessions in a database. `<what> <url>`, where the URL is `sqlite:<file>` or `postgres:…` of an empty
//! database:
//!
//! - `serve` prints the cookie of a session and serves it on a free port.
//! - `sign-ins` prints how many statements a sign-in takes.
//! - `growth` reads sessions among more and more of them.
//! - `clean-up` deletes a million expired sessions, or as many as a third argument says, while others are read. The
//!   database must be the one of `growth`.
#![allow(clippy::print_stdout, reason = "the tables, and the lines that say where it listens")]

mod clean_up;
mod database;
mod growth;
mod reads;
mod sign_ins;

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};

use aura_auth::testing::begin_session;
use aura_auth::{Auth, AuthBuilder, RateLimits, User};
use axum::Router;
use tokio::net::TcpListener;

use crate::database::Database;

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Result {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, url, rows @ ..] = arguments.as_slice() else {
        return Err("say serve, sign-ins, growth or clean-up, and the database's URL".into());
    };
    let database = Database::open(url).await?;
    match what.as_str() {
        "serve" => serve(&database).await,
        "sign-ins" => sign_ins::sign_ins(&database).await,
        "growth" => growth::growth(&database).await,
        "clean-up" => clean_up::clean_up(&database, rows.first().map_or(Ok(1_000_000), |rows| rows.parse())?).await,
        _ => Err(format!("{what}: say serve, sign-ins, growth or clean-up").into()),
    }
}

async fn serve(database: &Database) -> Result {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let auth = auth(&origin, database)?;
    println!("cookie {}", begin_session(&auth, ada()).await?);
    println!("listening on {origin}/auth/session");
    axum::serve(listener, router(&auth).into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}

/// Returns an app's `Auth` without rate limits: one client sends requests as fast as it can.
fn auth(origin: &str, database: &Database) -> Result<Auth> {
    let bitbucket = aura_auth::oauth::bitbucket().client_id("key").client_secret("secret");
    Ok(builder(origin, database).oauth([bitbucket]).rate_limits(RateLimits::none()).build()?)
}

fn builder(origin: &str, database: &Database) -> AuthBuilder {
    Auth::builder()
        .environment::<&str, &str>([])
        .secret("Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js+Ua/EoTiNq0=")
        .salt("Zs5Wd8Kf2Jh6Ng9Bv4Cx7Mq1Lp3Rt0Yu+Ea/OiTxQ1=")
        .store(database.store.clone())
        .base_url(origin)
}

fn ada() -> User {
    User::new("{a54f16da-24e9-4d7f-a3a7-b1ba2cd98aa3}")
        .with_name("Ada Lovelace".to_owned())
        .with_image("https://bitbucket.org/account/ada/avatar/".to_owned())
        .with_email("ada@example.org".to_owned())
}

fn router(auth: &Auth) -> Router {
    Router::new().nest("/auth", auth.handlers()).layer(auth.layer())
}
