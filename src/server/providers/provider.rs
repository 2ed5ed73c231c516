use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use http::header::AUTHORIZATION;
use oauth2::{AuthUrl, TokenUrl};
use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::User;
use crate::server::jose::Secret;
use crate::server::providers::identify::Identify;
use crate::server::providers::refusal::Refusal;
use crate::server::providers::revocation::Revocation;

/// How this app proves at the token endpoint who it is (RFC 6749, 2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AuthMethod {
    /// HTTP Basic, form-encoded first, as the RFC wants it.
    #[default]
    Basic,
    /// `client_id` and `client_secret` in the form.
    Body,
}

/// What becomes of a provider's tokens after a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum TokenStorage {
    /// They are forgotten: for apps that only want to know who somebody is.
    Discard,
    /// They are sealed into cookies that only `{base_path}/providers` gets, and that are worth
    /// nothing in another session.
    #[default]
    Cookie,
}

/// Turns a provider's description of a person into a user.
pub(crate) type Profile = Arc<dyn Fn(Value) -> Result<User, serde_json::Error> + Send + Sync>;

/// A provider that is configured: every value in it has been checked.
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
    /// How long before its end, in seconds, an access token is refreshed.
    pub(crate) refresh_window_seconds: i64,
    pub(crate) user_info_url: Url,
    /// Where a list of e-mail addresses is, if the description of the person has none.
    pub(crate) emails_url: Option<Url>,
    /// What `iss` in a callback must be (RFC 9207).
    pub(crate) issuer: String,
    /// The scopes, with the separator that this provider wants between them; may be empty.
    pub(crate) scope: String,
    /// Whether requests carry a PKCE challenge and its verifier (RFC 7636).
    pub(crate) pkce: bool,
    /// Whether the token endpoint answers errors with status 200.
    pub(crate) errors_with_200: bool,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) profile: Profile,
    pub(crate) identify: Arc<dyn Identify>,
    /// What a refusal of the token endpoint is about, by its `error` and `error_description`.
    pub(crate) refusal: fn(&str, &str) -> Refusal,
}

impl Provider {
    /// A request that proves by HTTP Basic who this app is, each half form-encoded first (RFC 6749, 2.3.1).
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
