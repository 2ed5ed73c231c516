//! `<what>` is served on a free port; where, and with which cookie to ask, is printed. Each answers who
//! is signed in, and differs from another in one thing.
#![allow(clippy::print_stdout, reason = "the lines that say where it listens")]

mod axum_login_app;
mod pages;

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};

use aura_auth::testing::session_cookie;
use aura_auth::{Auth, User};
use axum::Router;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_TYPE, COOKIE};
use axum::routing::get;
use tokio::net::TcpListener;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Result {
    let what = std::env::args().nth(1).unwrap_or_default();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let auth = auth(&origin)?;
    let cookie = session_cookie(&auth, ada())?;
    let (router, path, cookie) = match what.as_str() {
        "bare" => (bare(&auth, &cookie)?, "/auth/session", cookie),
        "session" => (with(&auth, Router::new()), "/auth/session", cookie),
        "plain-page" => (pages::plain(), "/", cookie),
        "page" => (with(&auth, pages::with_session(&auth)), "/", cookie),
        "axum-login" => axum_login_app::router().await?,
        _ => return Err("say bare, session, plain-page, page or axum-login".into()),
    };
    println!("cookie {cookie}");
    println!("listening on {origin}{path}");
    axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}

fn auth(origin: &str) -> Result<Auth> {
    let bitbucket = aura_auth::oauth::bitbucket().client_id("key").client_secret("secret");
    let builder = Auth::builder()
        .environment::<&str, &str>([])
        .secret("Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js+Ua/EoTiNq0=")
        .salt("Zs5Wd8Kf2Jh6Ng9Bv4Cx7Mq1Lp3Rt0Yu+Ea/OiTxQ1=");
    Ok(builder.base_url(origin).oauth([bitbucket]).build()?)
}

fn ada() -> User {
    User {
        sub: "{a54f16da-24e9-4d7f-a3a7-b1ba2cd98aa3}".into(),
        name: Some("Ada Lovelace".into()),
        image: Some("https://bitbucket.org/account/ada/avatar/".into()),
        email: Some("ada@example.org".into()),
        ..User::default()
    }
}

fn with(auth: &Auth, pages: Router) -> Router {
    pages.nest("/auth", auth.handlers()).layer(auth.layer())
}

/// The session's own body, from a handler that looks at nothing.
fn bare(auth: &Auth, cookie: &str) -> Result<Router> {
    let mut headers = HeaderMap::new();
    headers.insert(COOKIE, cookie.parse()?);
    let reply = auth.api().get_session(&headers);
    let session = reply.session().ok_or("no session")?;
    let body = serde_json::json!({ "success": true, "session": session }).to_string();
    let answer = move || {
        let body = body.clone();
        async { ([(CONTENT_TYPE, "application/json")], body) }
    };
    Ok(Router::new().route("/auth/session", get(answer)))
}
