//! Calls server functions as a page's script or a form does.

use aura_auth::AuthError;
use aura_auth::leptos::server_functions::{
    CheckProviderConnection, DisconnectProvider, EndSession, FetchAccessToken, FetchProviderTokens, FetchSession,
    FetchSessions, LinkAccount, RefreshUserInfo, RevokeOtherSessions, RevokeSession, RevokeToken, StartSignIn,
    UpdateSession,
};
use leptos::server_fn::ServerFn;
use leptos::server_fn::error::ServerFnUrlError;
use reqwest::Method;

use super::router;
use super::test_app::{Browser, TestApp, TestResponse, parameter};

/// The paths of the library's server functions that anybody may call.
const OPEN: [&str; 4] = [StartSignIn::PATH, FetchSession::PATH, FetchSessions::PATH, CheckProviderConnection::PATH];

/// The server functions that change or reveal something, with arguments. They require that the browser's headers name
/// the app's own origin.
pub(crate) const GUARDED: [(&str, &str); 10] = [
    (EndSession::PATH, ""),
    (UpdateSession::PATH, "name=Mallory"),
    (RevokeSession::PATH, "id=x"),
    (RevokeOtherSessions::PATH, ""),
    (LinkAccount::PATH, "provider=other"),
    (DisconnectProvider::PATH, "provider=bitbucket"),
    (FetchProviderTokens::PATH, "provider=bitbucket"),
    (FetchAccessToken::PATH, "provider=bitbucket"),
    (RefreshUserInfo::PATH, "provider=bitbucket"),
    (RevokeToken::PATH, "provider=bitbucket"),
];

/// Returns the paths of all server functions of the library.
pub(crate) fn paths() -> impl Iterator<Item = &'static str> {
    OPEN.into_iter().chain(GUARDED.map(|(path, _)| path))
}

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
