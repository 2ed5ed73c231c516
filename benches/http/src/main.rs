//! Serves the app `<what>` on a free port, and prints the URL and the cookie to send. Each app answers who is signed
//! in, and differs from another one in one thing. With `<what> <times>`, it answers this many requests without a
//! network, so that instructions can be counted.
#![allow(clippy::print_stdout, reason = "the lines that say where it listens")]

mod axum_login_app;
mod pages;

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};

use aura_auth::testing::session_cookie;
use aura_auth::{Auth, RateLimits, User};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, SET_COOKIE};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::IntoResponse as _;
use axum::routing::get;
use tokio::net::TcpListener;
use tower::ServiceExt as _;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Result {
    let what = std::env::args().nth(1).unwrap_or_default();
    let times = std::env::args().nth(2).map(|times| times.parse()).transpose()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let auth = auth(&origin)?;
    let cookie = session_cookie(&auth, ada())?;
    let (router, path, cookie) = match what.as_str() {
        "bare" => (bare(&auth, &cookie, false).await?, "/auth/session", cookie),
        "bare-headers" => (bare(&auth, &cookie, true).await?, "/auth/session", cookie),
        "session" => (with(&auth, Router::new()), "/auth/session", cookie),
        "plain-page" => (pages::plain(), "/", with_csrf_cookie(&auth, cookie).await?),
        "page" => (with(&auth, pages::with_session(&auth)), "/", with_csrf_cookie(&auth, cookie).await?),
        "axum-login" => axum_login_app::router().await?,
        _ => return Err("say bare, bare-headers, session, plain-page, page or axum-login".into()),
    };
    if let Some(times) = times {
        return answer(router, path, &cookie, times).await;
    }
    println!("cookie {cookie}");
    println!("listening on {origin}{path}");
    axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}

/// Adds the cookie of the CSRF token, which a browser has from the sign-in on. Pages do not read it.
async fn with_csrf_cookie(auth: &Auth, cookie: String) -> Result<String> {
    let mut headers = HeaderMap::new();
    headers.insert(COOKIE, cookie.parse()?);
    let reply = auth.api().csrf_token(&headers).await;
    let token = reply.headers().get(SET_COOKIE).ok_or("no CSRF token")?.to_str()?;
    Ok(format!("{cookie}; {}", token.split(';').next().unwrap_or_default()))
}

/// Answers this many requests, one after another, in the way that hyper calls the router.
async fn answer(router: Router, path: &str, cookie: &str, times: u32) -> Result {
    for _ in 0..times {
        let request = Request::get(path).header(HOST, "127.0.0.1").header(COOKIE, cookie).body(Body::empty())?;
        let answer = router.clone().oneshot(request).await?;
        if answer.status() != StatusCode::OK {
            return Err(answer.status().to_string().into());
        }
        to_bytes(answer.into_body(), usize::MAX).await?;
    }
    Ok(())
}

fn auth(origin: &str) -> Result<Auth> {
    let bitbucket = aura_auth::oauth::bitbucket().client_id("key").client_secret("secret");
    let builder = Auth::builder()
        .environment::<&str, &str>([])
        .secret("Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js+Ua/EoTiNq0=")
        .salt("Zs5Wd8Kf2Jh6Ng9Bv4Cx7Mq1Lp3Rt0Yu+Ea/OiTxQ1=");
    // One client sends requests as fast as it can.
    Ok(builder.base_url(origin).oauth([bitbucket]).rate_limits(RateLimits::none()).build()?)
}

fn ada() -> User {
    User::new("{a54f16da-24e9-4d7f-a3a7-b1ba2cd98aa3}")
        .with_name("Ada Lovelace".to_owned())
        .with_image("https://bitbucket.org/account/ada/avatar/".to_owned())
        .with_email("ada@example.org".to_owned())
}

fn with(auth: &Auth, pages: Router) -> Router {
    pages.nest("/auth", auth.handlers()).layer(auth.layer())
}

/// Returns the session's own body, optionally with its headers, from a handler that reads nothing from the request.
async fn bare(auth: &Auth, cookie: &str, with_headers: bool) -> Result<Router> {
    let mut request = HeaderMap::new();
    request.insert(COOKIE, cookie.parse()?);
    let reply = auth.api().get_session(&request).await;
    reply.session().ok_or("no session")?;
    let body = reply.body()?;
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, "application/json".parse()?);
    if with_headers {
        headers.extend(reply.into_response().headers().clone());
    }
    let answer = move || {
        let (headers, body) = (headers.clone(), body.clone());
        async { (headers, body) }
    };
    Ok(Router::new().route("/auth/session", get(answer)))
}
