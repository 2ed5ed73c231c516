//! Servers for the tests. `bitbucket <callback URL>` and `github <callback URL>` run only a stand-in, like a provider
//! elsewhere in the network. `app <provider's URL>` runs an app with a custom provider.
#![allow(clippy::print_stdout, reason = "the line that says where it listens")]

use std::error::Error;
use std::net::SocketAddr;

use aura_auth::oauth::ProviderBuilder;
use aura_auth::testing::{BitbucketStandIn, ProviderStandIn};
use aura_auth::{Auth, User};
use axum::Router;
use serde::Deserialize;
use tokio::net::TcpListener;

/// The response of the provider's user info endpoint (OpenID Connect Core, 5.3.2).
#[derive(Deserialize)]
struct Claims {
    sub: String,
    name: Option<String>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (role, url) = (arguments.next().unwrap_or_default(), arguments.next().unwrap_or_default());
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let router = match role.as_str() {
        "bitbucket" => BitbucketStandIn::new("key", "secret", &url).router(),
        "github" => ProviderStandIn::github("id", "secret", &url).router(),
        "app" => app(&url)?,
        _ => return Err("say `bitbucket <callback URL>`, `github <callback URL>` or `app <provider's URL>`".into()),
    };
    println!("listening on http://localhost:{}", listener.local_addr()?.port());
    axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}

fn app(provider: &str) -> Result<Router, Box<dyn Error>> {
    let endpoint = |path: &str| format!("{provider}{path}");
    let mock = ProviderBuilder::new(
        "mock",
        &endpoint("/authorize"),
        &endpoint("/token"),
        &endpoint("/userinfo"),
        |claims: Claims| User::new(claims.sub).with_name(claims.name),
    )
    .client_id("key")
    .client_secret("secret")
    .scope("openid profile")
    .revoke_url(&endpoint("/revoke"));
    let auth = Auth::builder().oauth([mock]).reveal_refresh_tokens().build()?;
    Ok(Router::new().nest("/auth", auth.handlers()).layer(auth.layer()))
}
