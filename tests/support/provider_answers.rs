//! Responses that a test gives instead of the provider, and the result of the sign-in.

use aura_auth::testing::{InjectedFault, StandInEndpoint};
use reqwest::Method;
use serde_json::Value;

use super::test_app::{Browser, TestApp};

pub(crate) const SIGN_IN: &str = "/auth/signIn/bitbucket";
/// Signs in with another provider, which uses the same Bitbucket.
pub(crate) const SIGN_IN_OWN: &str = "/auth/signIn/own";
pub(crate) const TOKENS: &str = "/auth/providers/bitbucket/tokens";

/// Returns the error of a sign-in while an endpoint gives this response.
pub(crate) async fn error_of(app: &TestApp, endpoint: StandInEndpoint, answer: InjectedFault) -> String {
    error_with(app, SIGN_IN, endpoint, answer).await
}

pub(crate) async fn error_with(
    app: &TestApp,
    sign_in: &str,
    endpoint: StandInEndpoint,
    answer: InjectedFault,
) -> String {
    let mut browser = app.browser();
    app.bitbucket.inject_fault(endpoint, Some(answer));
    let end = browser.sign_in(sign_in).await;
    app.bitbucket.inject_fault(endpoint, None);
    assert!(browser.session().await.is_none());
    end.shown_error()
}

pub(crate) fn text(status: u16, content_type: &'static str, body: &str) -> InjectedFault {
    InjectedFault::Answer(status, vec![("content-type", content_type)], body.as_bytes().to_vec())
}

pub(crate) async fn tokens(browser: &mut Browser) -> Value {
    browser.send_with_csrf(Method::GET, TOKENS, "").await.json()["tokens"].clone()
}
