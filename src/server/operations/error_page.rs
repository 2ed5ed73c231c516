use http::StatusCode;
use http::header::{ACCEPT, HeaderMap};
use url::form_urlencoded;

use serde::{Deserialize, Serialize};

use crate::AuthError;
use crate::server::jose::Purpose;
use crate::server::operations::{Api, Reply};
use crate::server::origin::RedirectTo;
use crate::server::request::RequestContext;

/// Checks whether the request comes from a program that wants JSON, and not from a browser that loads a page.
pub(super) fn wants_json(headers: &HeaderMap) -> bool {
    accepts(headers, "application/json") && !wants_html(headers)
}

/// Checks whether the request comes from a browser that loads a page.
pub(crate) fn wants_html(headers: &HeaderMap) -> bool {
    accepts(headers, "text/html")
}

fn accepts(headers: &HeaderMap, media_type: &str) -> bool {
    headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).any(|value| value.contains(media_type))
}

/// How long the reason in an error page's URL is valid, in seconds: ten minutes.
const REASON_SECONDS: i64 = 600;
/// The longest reason, in characters. It is part of a URL, so it must be short.
const MAX_REASON_CHARS: usize = 500;

/// The app's reason in the URL of its error page. It is sealed, because anybody can write a URL, and the page must not
/// show an attacker's text in the app's name.
#[derive(Serialize, Deserialize)]
struct Reason {
    text: String,
    expires_at: i64,
}

impl Api {
    /// Opens the error page's parameter `reason`, and returns the reason for a denied sign-in. Returns `None` if this
    /// server did not write the parameter, or if it is older than ten minutes.
    #[must_use]
    pub fn denial_reason(&self, parameter: &str) -> Option<String> {
        let reason: Reason = self.0.jose.decrypt_json(Purpose::Reason, parameter).ok()?;
        (reason.expires_at > self.0.jose.now()).then_some(reason.text)
    }
}

/// Shows an error to a person if a browser loads a page. A program gets JSON.
pub(super) fn show_error<T>(
    context: &RequestContext,
    request: &HeaderMap,
    reply: &mut Reply<T>,
    provider: Option<&str>,
    redirect_to: Option<&RedirectTo>,
    status: StatusCode,
) {
    if wants_html(request) {
        show(context, request, reply, provider, redirect_to, status);
    }
}

/// Like [`show_error`], at the end of a flow. The provider sends a browser there, so a request that does not ask for
/// JSON comes from a person.
pub(super) fn show_flow_error<T>(
    context: &RequestContext,
    request: &HeaderMap,
    reply: &mut Reply<T>,
    provider: &str,
    redirect_to: Option<&RedirectTo>,
) {
    if !wants_json(request) {
        show(context, request, reply, Some(provider), redirect_to, StatusCode::FOUND);
    }
}

/// Shows an error on the app's error page, or on a minimal page if the app has none. The error page's URL has the
/// request's id, by which support finds the request in the log.
fn show<T>(
    context: &RequestContext,
    request: &HeaderMap,
    reply: &mut Reply<T>,
    provider: Option<&str>,
    redirect_to: Option<&RedirectTo>,
    status: StatusCode,
) {
    let Err(error) = reply.result else { return };
    let (state, reference) = (context.state(), context.id());
    tracing::warn!(code = error.code(), provider, reference, "an error is shown to a person");
    let Some(page) = &state.error_page else {
        if wants_html(request) {
            reply.page = Some(bare_page(error, reply.reason.as_deref(), &state.base_path, provider, reference));
        }
        return;
    };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("error", error.code()).append_pair("reference", reference);
    if let Some(provider) = provider {
        query.append_pair("provider", provider);
    }
    if let Some(redirect_to) = redirect_to {
        query.append_pair("redirectTo", redirect_to.as_str());
    }
    if let Some(text) = &reply.reason {
        let text = text.chars().take(MAX_REASON_CHARS).collect();
        let reason = Reason { text, expires_at: state.jose.now() + REASON_SECONDS };
        if let Ok(reason) = state.jose.encrypt_json(Purpose::Reason, &reason) {
            query.append_pair("reason", &reason);
        }
    }
    reply.redirect = Some(status);
    reply.set_location(&format!("{page}?{}", query.finish()));
}

/// Returns the page for an error if the app has no error page.
fn bare_page(
    error: AuthError,
    reason: Option<&str>,
    base_path: &str,
    provider: Option<&str>,
    reference: &str,
) -> String {
    let code = error.code();
    let (title, ways) = match provider {
        Some(provider) => (
            "Sign-in failed",
            format!(
                "<a href=\"{base_path}/signIn/{provider}?redirectTo=/\">Try again</a> or \
                 <a href=\"/\">go to the front page</a>"
            ),
        ),
        None => ("That did not work", "<a href=\"/\">Go to the front page</a>".to_owned()),
    };
    let message = reason.unwrap_or(error.message());
    let message = message.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <h1>{title}</h1><p>{message}</p><p>Code for support: {code} · {reference}</p>\
         <p>{ways}</p></html>"
    )
}
