use std::net::{Ipv4Addr, SocketAddr};

use aura_auth::RateLimits;
use aura_auth::testing::BitbucketStandIn;
use aura_auth_load::{Ending, Person, http_client};
use tokio::net::TcpListener;

use crate::database::Database;
use crate::{Result, builder, router};

const SIGN_INS: u64 = 100;

/// Signs people in, one after another, and prints how many statements this takes for each.
pub(crate) async fn sign_ins(database: &Database) -> Result {
    for (what, limits) in [("with rate limits", RateLimits::default()), ("without", RateLimits::none())] {
        let app = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let bitbucket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let origin = format!("http://{}", app.local_addr()?);
        let stand_in = BitbucketStandIn::new("key", "secret", &format!("{origin}/auth/callback/bitbucket"));
        let provider = stand_in.provider(&format!("http://{}", bitbucket.local_addr()?));
        // Each person has another address.
        let builder = builder(&origin, database).trusted_proxy_headers(true);
        let auth = builder.oauth([provider]).rate_limits(limits).build()?;
        let (stand_in, app_router) = (stand_in.router(), router(&auth));
        tokio::spawn(async move { axum::serve(bitbucket, stand_in).await });
        let app_router = app_router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(app, app_router).await });

        let http = http_client()?;
        let before = (database.store.statements(), database.statements().await?);
        for number in 0..SIGN_INS {
            match Person::new(&http, &origin, number).sign_in().await? {
                Ending::SignedIn => (),
                other => return Err(format!("a sign-in ended with {other:?}").into()),
            }
        }
        let calls = (database.store.statements() - before.0) as f64 / SIGN_INS as f64;
        let statements = database.statements().await?.zip(before.1);
        let statements = statements.map(|(after, before)| format!("{:.2}", (after - before) as f64 / SIGN_INS as f64));
        println!("| {} | {what} | {calls:.2} | {} |", database.name(), statements.unwrap_or_default());
    }
    Ok(())
}
