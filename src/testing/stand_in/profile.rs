use std::sync::Arc;

use axum::Router;
use http::StatusCode;
use serde_json::Value;

use crate::oauth::AuthMethod;
use crate::testing::stand_in::store::Issued;
use crate::testing::stand_in::{Account, Page, StandIn};

/// The behavior of a stand-in, as far as it differs between providers.
///
/// [`ProviderStandIn::with_profile`](crate::testing::stand_in::ProviderStandIn::with_profile) changes it.
#[derive(Clone)]
#[non_exhaustive]
pub struct StandInProfile {
    /// What the token endpoint does about PKCE (RFC 7636).
    pub pkce: StandInPkce,
    /// The format of the token endpoint's responses.
    pub token_format: TokenFormat,
    /// Whether the token endpoint responds to errors with status 200.
    pub errors_with_200: bool,
    /// Whether a second use of a refresh token ends all tokens of its sign-in. Some servers do this, because they treat
    /// a second use as theft (RFC 9700, 4.14.2).
    pub punish_reuse: bool,
    /// The path of the issuer in `iss` (RFC 9207). If it is `None`, the callback has no `iss`.
    pub issuer_path: Option<&'static str>,
    /// The lifetime of an access token, in seconds. If it is `None`, the token does not expire.
    pub access_token_seconds: Option<i64>,

    /// The name that users see.
    pub(in crate::testing) name: &'static str,
    pub(in crate::testing) authorize_path: &'static str,
    pub(in crate::testing) token_path: &'static str,
    pub(in crate::testing) user_path: &'static str,
    pub(in crate::testing) emails_path: &'static str,
    /// May contain `{client_id}`, as in [`ProviderBuilder::revoke_url`](crate::oauth::ProviderBuilder::revoke_url).
    pub(in crate::testing) revoke_path: Option<&'static str>,
    pub(in crate::testing) more_routes: fn() -> Router<Arc<StandIn>>,
    /// The methods by which a client may authenticate at the token endpoint.
    pub(in crate::testing) auth_methods: &'static [AuthMethod],
    pub(in crate::testing) scopes: &'static [&'static str],
    /// The scope that the user info endpoint requires.
    pub(in crate::testing) user_scope: Option<&'static str>,
    /// The scope that the list of e-mail addresses requires.
    pub(in crate::testing) emails_scope: Option<&'static str>,
    pub(in crate::testing) needs_user_agent: bool,
    pub(in crate::testing) new_token: fn() -> String,
    pub(in crate::testing) token_answer: fn(&Issued, &str) -> Value,
    /// Returns `error` and `error_description` for an error response of the token endpoint.
    pub(in crate::testing) refusal: fn(Refused) -> (&'static str, &'static str),
    /// Returns the status and the body for an API request that is rejected.
    pub(in crate::testing) denial: fn(Denied<'_>) -> (StatusCode, Value),
    /// Returns the user info. The second argument is the avatar's URL.
    pub(in crate::testing) user: fn(&Account, &str) -> Value,
    pub(in crate::testing) emails: fn(&Account, &Page) -> Value,
}

/// What a token endpoint does about PKCE (RFC 7636).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StandInPkce {
    /// It ignores PKCE.
    Ignored,
    /// It checks the verifier if the authorization request had a challenge.
    Checked,
    /// It rejects an authorization request without a challenge, and a code without its verifier.
    Required,
}

/// The format of a token endpoint's responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenFormat {
    /// JSON (RFC 6749, 5.1).
    Json,
    /// A form, unless the client's `Accept` header asks for JSON.
    FormUnlessAsked,
    /// Always a form.
    Form,
}

/// Why the token endpoint rejects a request.
#[derive(Clone, Copy)]
pub(in crate::testing) enum Refused {
    Client,
    NoForm,
    GrantType,
    Code,
    RedirectUri,
    Verifier,
    RefreshToken,
}

/// Why an API endpoint rejects a request.
#[derive(Clone, Copy)]
pub(in crate::testing) enum Denied<'a> {
    NoUserAgent,
    NoToken,
    UnknownToken,
    ExpiredToken,
    NoAccount,
    Scope { required: &'a str, granted: &'a [String] },
}

impl std::fmt::Debug for StandInProfile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StandInProfile")
            .field("name", &self.name)
            .field("pkce", &self.pkce)
            .field("token_format", &self.token_format)
            .field("errors_with_200", &self.errors_with_200)
            .finish_non_exhaustive()
    }
}
