//! Calls server functions as a page's script or a form does.

use aura_auth::AuthError;
use leptos::server_fn::error::ServerFnUrlError;
use reqwest::Method;

use super::router;
use super::test_app::{Browser, TestApp, TestResponse, parameter};

pub(crate) const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
/// The header that a browser sends with a request of the app's own page.
pub(crate) const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");

pub(crate) async fn call(browser: &mut Browser, url: &str, headers: &[(&str, &str)], body: &str) -> TestResponse {
    browser.send(Method::POST, url, &[headers, &[FORM]].concat(), body).await
}

pub(crate) async fn app() -> TestApp {
    TestApp::serving(router, |builder| builder).await
}

/// Returns the error in the page's URL. It is meant for the forms of this server function.
pub(crate) fn form_error(answer: &TestResponse, path: &str) -> Option<AuthError> {
    assert_eq!(parameter(answer.location(), "__path").as_deref(), Some(path), "{answer:?}");
    parameter(answer.location(), "__err").map(|error| ServerFnUrlError::decode_err(&error))
}
