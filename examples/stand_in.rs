//! A stand-in for Bitbucket, with the settings of the app that signs in with it: `AURA_AUTH_BITBUCKET_URL` is the
//! address that it listens on.
#![allow(clippy::print_stdout, reason = "the line that says where it listens")]

use aura_auth::testing::BitbucketStandIn;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let set = |name: &str| std::env::var(format!("AURA_AUTH_{name}")).map_err(|error| format!("{name}: {error}"));
    let (id, secret) = (set("BITBUCKET_CLIENT_ID")?, set("BITBUCKET_CLIENT_SECRET")?);
    let bitbucket = BitbucketStandIn::new(&id, &secret, &(set("BASE_URL")? + "/auth/callback/bitbucket"));
    let address = set("BITBUCKET_URL")?.replace("http://", "");
    println!("listening on http://{address}");
    Ok(axum::serve(tokio::net::TcpListener::bind(address).await?, bitbucket.router()).await?)
}
