//! What an app's own server functions and pages use on the server.

use aura_auth::leptos::{auth_context, provide_session, require_session, session};
use aura_auth::{Auth, AuthError};
use axum::Router;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_axum::LeptosRoutes;
use leptos_router::components::{Route, Router as Pages, Routes};
use leptos_router::path;
use reqwest::{Method, StatusCode};

use crate::test_app::{Browser, HTML, JSON, TestApp, TestResponse, parameter};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

#[server]
async fn note(text: String) -> Result<String, AuthError> {
    let session = require_session().await?;
    Ok(format!("{} says {text}", session.user.name.unwrap_or_default()))
}

#[server]
async fn greeting() -> Result<String, ServerFnError> {
    let name = session().await.and_then(|session| session.user.name);
    let providers = auth_context()?.providers().count();
    Ok(format!("{} of {providers}", name.unwrap_or_else(|| "nobody".to_owned())))
}

/// A page that requires a session, on a route that does not require one.
#[component]
fn Notes() -> impl IntoView {
    let session = Resource::new_blocking(|| (), |()| require_session());
    let notes = move || {
        Suspend::new(async move {
            session.await.ok().map(|session| format!("notes of {}", session.user.name.unwrap_or_default()))
        })
    };
    view! { <Suspense>{notes}</Suspense> }
}

#[component]
pub(crate) fn App() -> impl IntoView {
    provide_session();
    view! { <Pages><Routes fallback=|| "nothing"><Route path=path!("/notes") view=Notes/></Routes></Pages> }
}

fn shell() -> impl IntoView {
    view! { <!DOCTYPE html><html><body><App/></body></html> }
}

fn router(auth: &Auth) -> Router {
    let options = LeptosOptions::builder().output_name("pages").build();
    Router::new()
        .leptos_routes_with_context(&options, crate::ROUTE_LISTS.notes.clone(), auth.context(), shell)
        .nest("/auth", auth.handlers())
        .layer(auth.layer())
        .with_state(options)
}

async fn call(browser: &mut Browser, url: &str, headers: &[(&str, &str)], body: &str) -> TestResponse {
    browser.send(Method::POST, url, &[headers, &[FORM]].concat(), body).await
}

#[tokio::test]
async fn require_session_rejects_a_program_with_401_and_redirects_a_person_to_sign_in() {
    let app = TestApp::serving(router, |builder| builder.sign_in_page("/login")).await;
    let mut stranger = app.browser();
    let answer = call(&mut stranger, Note::url(), &[JSON], "text=hello").await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::UNAUTHORIZED, "\"SESSION_NOT_FOUND\""));
    assert!(!answer.headers.contains_key("location"));

    let page = format!("{}/notes?page=2", stranger.origin);
    let answer = call(&mut stranger, Note::url(), &[HTML, ("referer", &page)], "text=hello").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(answer.location().starts_with("/login?"), "{}", answer.location());
    assert_eq!(parameter(answer.location(), "redirectTo").as_deref(), Some("/notes?page=2"));
    let answer = call(&mut stranger, Note::url(), &[HTML, ("referer", "https://evil.example/x")], "text=hello").await;
    assert_eq!(parameter(answer.location(), "redirectTo").as_deref(), Some("/"));

    let answer = stranger.get("/notes?page=3").await;
    assert_eq!(answer.status, StatusCode::FOUND);
    assert_eq!(parameter(answer.location(), "redirectTo").as_deref(), Some("/notes?page=3"));

    let mut member = app.signed_in().await;
    assert_eq!(call(&mut member, Note::url(), &[JSON], "text=hello").await.body, "\"Ada Lovelace says hello\"");
    assert!(member.get("/notes").await.body.contains("notes of Ada Lovelace"));
}

#[tokio::test]
async fn server_functions_can_use_the_session_and_the_auth_context() {
    let app = TestApp::serving(router, |builder| builder).await;
    assert_eq!(call(&mut app.browser(), Greeting::url(), &[JSON], "").await.body, "\"nobody of 2\"");
    assert_eq!(call(&mut app.signed_in().await, Greeting::url(), &[JSON], "").await.body, "\"Ada Lovelace of 2\"");
}
