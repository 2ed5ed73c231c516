use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use http::header::AUTHORIZATION;
use oauth2::{AuthUrl, TokenUrl};
use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::Secret;
use crate::User;
use crate::server::providers::identify::Identify;
use crate::server::providers::refusal::Refusal;
use crate::server::providers::revocation::Revocation;

/// How the client authenticates at the token endpoint (RFC 6749, 2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AuthMethod {
    /// HTTP Basic, with both values form-encoded first, as RFC 6749 requires.
    #[default]
    Basic,
    /// `client_id` and `client_secret` in the form.
    Body,
}

/// What happens to a provider's tokens after a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenStorage {
    /// The tokens are dropped. This is enough if the app only needs to know the user's identity.
    Discard,
    /// The tokens are encrypted in cookies. Browsers send these cookies only to `{base_path}/providers`, and they are
    /// rejected in any other session. This is the default if sessions are in cookies.
    Cookie,
    /// The tokens are encrypted in the [store](crate::AuthBuilder::store). Every request of the session has them, and
    /// so have jobs without a request. This is the default if there is a store.
    Store,
}

/// Maps a provider's user info to a user.
pub(crate) type Profile = Arc<dyn Fn(Value) -> Result<User, serde_json::Error> + Send + Sync>;

/// A configured provider. Every value in it has been validated.
pub(crate) struct Provider {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: Secret,
    pub(crate) auth_method: AuthMethod,
    pub(crate) authorize_url: AuthUrl,
    pub(crate) token_url: TokenUrl,
    pub(crate) revoke_url: Option<Url>,
    pub(crate) revocation: Revocation,
    /// An access token is refreshed this long before it expires, in seconds.
    pub(crate) refresh_window_seconds: i64,
    pub(crate) user_info_url: Url,
    /// The endpoint with the user's e-mail addresses, for providers whose user info has none.
    pub(crate) emails_url: Option<Url>,
    /// The expected value of `iss` in a callback (RFC 9207).
    pub(crate) issuer: String,
    /// The scopes, joined with this provider's separator. May be empty.
    pub(crate) scope: String,
    /// Whether the authorization and token requests use PKCE (RFC 7636).
    pub(crate) pkce: bool,
    /// Whether the token endpoint responds to errors with status 200.
    pub(crate) errors_with_200: bool,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) profile: Profile,
    pub(crate) identify: Arc<dyn Identify>,
    /// Classifies an error response of the token endpoint by its `error` and `error_description`.
    pub(crate) refusal: fn(&str, &str) -> Refusal,
}

impl Provider {
    /// Starts a request with HTTP Basic client authentication. Both values are form-encoded first (RFC 6749, 2.3.1).
    pub(super) fn request_with_basic(&self, method: Method, url: &Url) -> http::request::Builder {
        let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!("{}:{}", encode(&self.client_id), encode(self.client_secret.expose()));
        let basic = format!("Basic {}", STANDARD.encode(pair));
        http::Request::builder().method(method).uri(url.as_str()).header(AUTHORIZATION, basic)
    }
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").field("id", &self.id).finish_non_exhaustive()
    }
}
