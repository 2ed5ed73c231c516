//! Pages that show where a person is signed in, and the server functions that end these sessions.

use aura_auth::leptos::server_functions::{FetchSessions, RevokeOtherSessions, RevokeSession};
use aura_auth::leptos::{provide_session, use_revoke_other_sessions, use_revoke_session, use_sessions};
use aura_auth::store::MemoryStore;
use aura_auth::{Auth, AuthError};
use axum::Router;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_axum::LeptosRoutes;
use leptos_router::SsrMode;
use leptos_router::components::{Route, Router as Pages, Routes};
use leptos_router::path;
use reqwest::StatusCode;
use serde_json::Value;

use crate::calls::{OWN, call, form_error};
use crate::test_app::{Browser, JSON, TestApp};

#[component]
fn Devices() -> impl IntoView {
    let (sessions, revoke, others) = (use_sessions(), use_revoke_session(), use_revoke_other_sessions());
    let error = move || revoke.value().get().and_then(Result::err).map(AuthError::message);
    let entries = move || {
        Suspend::new(async move {
            let entry = move |session: aura_auth::ActiveSession| {
                view! {
                    <li class:current=session.current>
                        <ActionForm action=revoke>
                            <input type="hidden" name="id" value=session.id/>
                            <button>"end " {session.provider}</button>
                        </ActionForm>
                    </li>
                }
            };
            match sessions.await {
                Ok(sessions) => sessions.into_iter().map(entry).collect_view().into_any(),
                Err(error) => view! { <p id="list-error">{error.code()}</p> }.into_any(),
            }
        })
    };
    view! {
        <Transition fallback=|| "waiting"><ul>{entries}</ul></Transition>
        <p role="alert">{error}</p>
        <ActionForm action=others><button>"end all others"</button></ActionForm>
    }
}

#[component]
pub(crate) fn App() -> impl IntoView {
    provide_session();
    view! {
        <Pages>
            <Routes fallback=|| "nothing">
                <Route path=path!("/devices") view=Devices ssr=SsrMode::Async/>
                <Route path=path!("/streamed") view=Devices/>
                <Route path=path!("/") view=|| "front"/>
            </Routes>
        </Pages>
    }
}

fn shell() -> impl IntoView {
    view! { <!DOCTYPE html><html><head><HydrationScripts options=options()/></head><body><App/></body></html> }
}

fn options() -> LeptosOptions {
    LeptosOptions::builder().output_name("pages").build()
}

fn router(auth: &Auth) -> Router {
    Router::new()
        .leptos_routes_with_context(&options(), crate::ROUTE_LISTS.devices.clone(), auth.context(), shell)
        .nest("/auth", auth.handlers())
        .layer(auth.layer())
        .with_state(options())
}

async fn app() -> TestApp {
    TestApp::serving(router, |builder| builder.store(MemoryStore::default())).await
}

/// Returns the list as the server function reports it.
async fn list(browser: &mut Browser) -> Vec<Value> {
    let answer = call(browser, FetchSessions::url(), &[JSON], "").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

async fn own_id(browser: &mut Browser) -> String {
    let sessions = list(browser).await;
    sessions.iter().find(|session| session["current"] == true).unwrap()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_page_has_the_list_and_a_form_for_each_session() {
    let app = app().await;
    let (mut here, mut there) = (app.signed_in().await, app.signed_in().await);
    let ids = [own_id(&mut here).await, own_id(&mut there).await];
    for page in ["/devices", "/streamed"] {
        let answer = here.get(page).await;
        assert_eq!((answer.status, answer.headers.get("location")), (StatusCode::OK, None), "{page}");
        for id in &ids {
            let field = format!("name=\"id\" value=\"{id}\"");
            assert_eq!(answer.body.matches(&field).count(), 1, "{page} {}", answer.body);
            // The same list is serialized for hydration, so the browser sends no request for it.
            let serialized = answer.body.contains(&format!("\\\"id\\\":\\\"{id}\\\""));
            assert!(serialized, "{page} {}", answer.body);
        }
        // A streamed page may have the fallback before the list.
        assert!(page == "/streamed" || !answer.body.contains("waiting"), "{}", answer.body);
        assert!(
            answer.body.contains("bitbucket</button>") && answer.body.contains("class=\"current\""),
            "{}",
            answer.body
        );
        assert!(!answer.body.contains(&here.session_token()) && !answer.body.contains(&there.session_token()));
    }
}

#[tokio::test]
async fn the_page_of_a_stranger_and_of_an_app_without_a_store_shows_the_error() {
    let answer = app().await.browser().get("/devices").await;
    assert!(answer.body.contains("<p id=\"list-error\">SESSION_NOT_FOUND"), "{}", answer.body);
    assert_eq!(answer.status, StatusCode::OK);
    let app = TestApp::serving(router, |builder| builder).await;
    let mut browser = app.signed_in().await;
    let answer = browser.get("/devices").await;
    assert!(answer.body.contains("<p id=\"list-error\">SESSIONS_NOT_STORED"), "{}", answer.body);
    assert_eq!((answer.status, answer.headers.get("location")), (StatusCode::OK, None));
    for (url, body) in [(FetchSessions::url(), ""), (RevokeSession::url(), "id=x"), (RevokeOtherSessions::url(), "")] {
        let answer = call(&mut browser, url, &[JSON, OWN], body).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (501, "\"SESSIONS_NOT_STORED\""), "{url}");
    }
}

#[tokio::test]
async fn the_server_functions_end_sessions() {
    let app = app().await;
    let (mut here, mut there) = (app.signed_in().await, app.signed_in().await);
    let (mut second, id) = (app.signed_in().await, own_id(&mut there).await);
    let url = RevokeSession::url();
    let answer = call(&mut here, url, &[JSON, OWN], &format!("id={id}")).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, r#"{"ended":1,"current":false}"#));
    assert!(there.session().await.is_none());
    for body in [format!("id={id}"), "id=x".to_owned(), String::new()] {
        let answer = call(&mut here, url, &[JSON, OWN], &body).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (404, "\"ACTIVE_SESSION_NOT_FOUND\""), "{body}");
    }
    let answer = call(&mut here, RevokeOtherSessions::url(), &[JSON, OWN], "").await;
    assert_eq!(answer.body, r#"{"ended":1,"current":false}"#);
    assert!(second.session().await.is_none());

    let id = own_id(&mut here).await;
    let answer = call(&mut here, url, &[JSON, OWN], &format!("id={id}")).await;
    assert_eq!(answer.body, r#"{"ended":1,"current":true}"#);
    assert!(here.kept().is_empty(), "{:?}", here.cookies);
    for (url, body) in [(FetchSessions::url(), ""), (url, "id=x"), (RevokeOtherSessions::url(), "")] {
        let answer = call(&mut here, url, &[JSON, OWN], body).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (401, "\"SESSION_NOT_FOUND\""), "{url}");
    }
}

#[tokio::test]
async fn forms_without_scripts_end_sessions_and_come_back_to_their_page() {
    let app = app().await;
    let mut here = app.signed_in().await;
    let page = here.get("/devices").await.body;
    let url = RevokeSession::url();
    assert!(page.contains(&format!("action=\"{url}\"")), "{page}");
    let mut there = app.signed_in().await;
    let id = own_id(&mut there).await;
    here.headers.push(("referer".to_owned(), format!("{}/devices?tab=1", here.origin)));
    let answer = here.post_form(url, &[("id", &id)]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/devices?tab=1"));
    assert!(there.session().await.is_none());

    let answer = here.post_form(url, &[("id", &id)]).await;
    assert_eq!(form_error(&answer, RevokeSession::PATH), Some(AuthError::ActiveSessionNotFound));
    let shown = here.get(answer.location()).await;
    assert!(shown.body.contains(AuthError::ActiveSessionNotFound.message()), "{}", shown.body);

    let mut there = app.signed_in().await;
    let answer = here.post_form(RevokeOtherSessions::url(), &[]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/devices?tab=1"));
    assert!(there.session().await.is_none());

    let id = own_id(&mut here).await;
    let answer = here.post_form(url, &[("id", &id)]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"), "a sign-out leads to the front page");
    assert!(here.kept().is_empty(), "{:?}", here.cookies);
}
