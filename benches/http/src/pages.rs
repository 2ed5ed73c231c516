use aura_auth::Auth;
use aura_auth::leptos::{provide_session, use_session};
use axum::Router;
use leptos::config::LeptosOptions;
use leptos::prelude::*;
use leptos_axum::{LeptosRoutes as _, generate_route_list};
use leptos_router::components::{Route, Router as Pages, Routes};
use leptos_router::path;

/// A page that does not read the session.
pub(crate) fn plain() -> Router {
    let options = options();
    Router::new()
        .leptos_routes(&options, generate_route_list(Plain), || view! { <Shell><Plain/></Shell> })
        .with_state(options)
}

/// The same page, but it greets the person who is signed in.
pub(crate) fn with_session(auth: &Auth) -> Router {
    let options = options();
    let page = || view! { <Shell><Greeting/></Shell> };
    Router::new()
        .leptos_routes_with_context(&options, generate_route_list(Greeting), auth.context(), page)
        .with_state(options)
}

fn options() -> LeptosOptions {
    LeptosOptions::builder().output_name("bench").build()
}

#[component]
fn Shell(children: Children) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head><title>"A page"</title></head>
            <body>{children()}</body>
        </html>
    }
}

#[component]
fn Plain() -> impl IntoView {
    view! { <Frame name=|| Some("Ada Lovelace".to_owned())/> }
}

#[component]
fn Greeting() -> impl IntoView {
    provide_session();
    let session = use_session();
    view! { <Frame name=move || session.user().and_then(|user| user.name)/> }
}

/// The content of a small page.
#[component]
fn Frame(name: impl Fn() -> Option<String> + Clone + Send + Sync + 'static) -> impl IntoView {
    let main = move || {
        let name = name.clone();
        view! {
            <h1>"Hello " {name}</h1>
            <ul>
                {(1..=40)
                    .map(|number| view! { <li><a href=format!("/things/{number}")>"Thing " {number}</a></li> })
                    .collect_view()}
            </ul>
        }
    };
    view! {
        <Pages>
            <header><nav><a href="/">"Home"</a></nav></header>
            <main><Routes fallback=|| "There is no page here."><Route path=path!("/") view=main/></Routes></main>
        </Pages>
    }
}
