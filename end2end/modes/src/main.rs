//! The server of the app with all rendering modes. Its only argument is the base path.
#![allow(clippy::print_stdout, reason = "the line that says where it listens")]

use aura_auth::testing::BitbucketStandIn;
use aura_auth::{Auth, SystemRandom, generate_secret};
use aura_auth_modes_test::{App, shell};
use leptos::prelude::*;
use leptos_axum::{LeptosRoutes, file_and_error_handler_with_context, generate_route_list};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base_path = std::env::args().nth(1).ok_or("say the base path")?;
    let options = get_configuration(None)?.leptos_options;
    let listener = tokio::net::TcpListener::bind(options.site_addr).await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let bitbucket = BitbucketStandIn::new("key", "secret", &format!("{origin}{base_path}/callback/bitbucket"));
    let auth = Auth::builder()
        .secret(generate_secret(&SystemRandom)?)
        .salt(generate_secret(&SystemRandom)?)
        .base_path(&base_path)
        .oauth([bitbucket.provider(&format!("{origin}/_bitbucket"))])
        .build()?;
    let page = {
        let options = options.clone();
        move || shell(options.clone())
    };
    let app = axum::Router::new()
        .leptos_routes_with_context(&options, generate_route_list(App), auth.context(), page)
        .nest(&base_path, auth.handlers())
        .nest("/_bitbucket", bitbucket.router())
        .fallback(file_and_error_handler_with_context(auth.context(), shell))
        .layer(auth.layer())
        .with_state(options);
    println!("listening on {origin}");
    axum::serve(listener, app.into_make_service_with_connect_info::<std::net::SocketAddr>()).await?;
    Ok(())
}
