use http::StatusCode;
use http::header::{ACCEPT, HeaderMap};
use url::form_urlencoded;

use super::super::auth::Shared;
use super::super::random::random_token;
use super::super::redirect::RedirectTo;
use super::Reply;
use crate::AuthError;

/// Whether the request is a program's, which wants JSON, and not a person's browser.
pub(super) fn wants_json(headers: &HeaderMap) -> bool {
    let accepts = |media_type| {
        headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).any(|value| value.contains(media_type))
    };
    accepts("application/json") && !accepts("text/html")
}

/// Sends a person to the app's error page, if it has one; logs what support will ask for.
pub(super) fn show<T>(
    auth: &Shared,
    reply: &mut Reply<T>,
    error: AuthError,
    provider: Option<&str>,
    redirect_to: Option<&RedirectTo>,
    status: StatusCode,
) {
    let reference = random_token::<6>(auth.jose.random()).unwrap_or_default();
    tracing::warn!(code = error.code(), provider, reference, "a person is shown an error");
    let Some(page) = &auth.error_page else { return };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("error", error.code()).append_pair("reference", &reference);
    if let Some(provider) = provider {
        query.append_pair("provider", provider);
    }
    if let Some(redirect_to) = redirect_to {
        query.append_pair("redirectTo", redirect_to.as_str());
    }
    reply.redirect = Some(status);
    reply.set_location(&format!("{page}?{}", query.finish()));
}
