use http::StatusCode;
use http::header::{ACCEPT, HeaderMap};
use url::form_urlencoded;

use serde::{Deserialize, Serialize};

use crate::AuthError;
use crate::server::jose::Purpose;
use crate::server::operations::{Api, Reply};
use crate::server::origin::RedirectTo;
use crate::server::random::random_token;
use crate::server::state::AuthState;

/// Whether the request is a program's, which wants JSON, and not a person's browser.
pub(super) fn wants_json(headers: &HeaderMap) -> bool {
    accepts(headers, "application/json") && !wants_html(headers)
}

/// Whether the request is a browser's that loads a page.
pub(crate) fn wants_html(headers: &HeaderMap) -> bool {
    accepts(headers, "text/html")
}

fn accepts(headers: &HeaderMap, media_type: &str) -> bool {
    headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).any(|value| value.contains(media_type))
}

/// For how long, in seconds, an error page's address shows the app's words.
const REASON_SECONDS: i64 = 600;
/// The longest words, in characters: they stand in an address.
const LONGEST_REASON: usize = 500;

/// The app's words in the address of its error page. They are sealed: an address is anybody's to
/// write, and a page must not say just anything in the app's name.
#[derive(Serialize, Deserialize)]
struct Reason {
    text: String,
    expires_at: i64,
}

impl Api {
    /// The words of the app's `on_sign_in`, of the error page's parameter `reason`; none if this
    /// server did not write it, or ten minutes ago.
    #[must_use]
    pub fn denial_reason(&self, parameter: &str) -> Option<String> {
        let reason: Reason = self.0.jose.decrypt_json(Purpose::Reason, parameter).ok()?;
        (reason.expires_at > self.0.jose.now()).then_some(reason.text)
    }
}

/// Sends a person to the app's error page, if it has one; logs what support will ask for.
pub(super) fn show<T>(
    auth: &AuthState,
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
    if let Some(text) = &reply.reason {
        let text = text.chars().take(LONGEST_REASON).collect();
        let reason = Reason { text, expires_at: auth.jose.now() + REASON_SECONDS };
        if let Ok(reason) = auth.jose.encrypt_json(Purpose::Reason, &reason) {
            query.append_pair("reason", &reason);
        }
    }
    reply.redirect = Some(status);
    reply.set_location(&format!("{page}?{}", query.finish()));
}
