#[cfg(feature = "ssr")]
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    use aura_auth::Auth;
    use leptos::prelude::*;
    use leptos_axum::{LeptosRoutes, file_and_error_handler_with_context, generate_route_list};
    use minimal::app::{App, shell};

    tracing_subscriber::fmt::init();
    let auth = Auth::builder().oauth(["bitbucket"]).build()?;
    let options = get_configuration(None)?.leptos_options;
    let page = {
        let options = options.clone();
        move || shell(options.clone())
    };
    let app = axum::Router::new()
        .leptos_routes_with_context(&options, generate_route_list(App), auth.context(), page)
        .nest("/auth", auth.handlers())
        .fallback(file_and_error_handler_with_context(auth.context(), shell))
        .layer(auth.layer())
        .with_state(options.clone());

    let listener = tokio::net::TcpListener::bind(options.site_addr).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app.into_make_service_with_connect_info::<std::net::SocketAddr>()).await?;
    Ok(())
}

#[cfg(not(feature = "ssr"))]
fn main() {}
