use std::sync::Arc;

use axum::Router;
use http::StatusCode;
use serde_json::Value;

use super::store::Issued;
use super::{Account, Page, StandIn};
use crate::oauth::AuthMethod;

/// How a stand-in behaves: in what the provider that it is in place of differs from others.
///
/// [`ProviderStandIn::with_profile`](super::ProviderStandIn::with_profile) changes it.
#[derive(Clone)]
#[non_exhaustive]
pub struct StandInProfile {
    /// What the token endpoint does about PKCE (RFC 7636).
    pub pkce: StandInPkce,
    /// The format of the token endpoint's answers.
    pub token_format: TokenFormat,
    /// Whether the token endpoint answers an error with status 200.
    pub errors_with_200: bool,
    /// Whether a second use of a refresh token ends all tokens of its sign-in, as servers do that take it for theft
    /// (RFC 9700, 4.14.2).
    pub punish_reuse: bool,
    /// The path of what the provider calls itself in `iss` (RFC 9207); none where it sends none.
    pub issuer_path: Option<&'static str>,

    /// As people see it.
    pub(in crate::testing) name: &'static str,
    pub(in crate::testing) authorize_path: &'static str,
    pub(in crate::testing) token_path: &'static str,
    pub(in crate::testing) user_path: &'static str,
    pub(in crate::testing) emails_path: &'static str,
    /// With `{client_id}` in it, as in [`ProviderBuilder::revoke_url`](crate::oauth::ProviderBuilder::revoke_url).
    pub(in crate::testing) revoke_path: Option<&'static str>,
    pub(in crate::testing) more_routes: fn() -> Router<Arc<StandIn>>,
    /// How a client may prove who it is at the token endpoint.
    pub(in crate::testing) auth_methods: &'static [AuthMethod],
    pub(in crate::testing) scopes: &'static [&'static str],
    /// Which scope the description of the person needs.
    pub(in crate::testing) user_scope: Option<&'static str>,
    /// Which scope the list of addresses needs.
    pub(in crate::testing) emails_scope: Option<&'static str>,
    pub(in crate::testing) needs_user_agent: bool,
    pub(in crate::testing) new_token: fn() -> String,
    /// How long an access token is good, in seconds; for ever without.
    pub(in crate::testing) access_token_seconds: Option<i64>,
    pub(in crate::testing) token_answer: fn(&Issued, &str) -> Value,
    /// `error` and `error_description` of the token endpoint.
    pub(in crate::testing) refusal: fn(Refused) -> (&'static str, &'static str),
    /// Status and body of a request that its token does not allow.
    pub(in crate::testing) denial: fn(Denied<'_>) -> (StatusCode, Value),
    /// With the avatar's URL.
    pub(in crate::testing) user: fn(&Account, &str) -> Value,
    pub(in crate::testing) emails: fn(&Account, &Page) -> Value,
}

/// What a token endpoint does about PKCE (RFC 7636).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StandInPkce {
    /// It knows nothing of it.
    Ignored,
    /// It checks the verifier where the request had a challenge.
    Checked,
    /// It refuses a code without a challenge and its verifier.
    Required,
}

/// The format of a token endpoint's answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenFormat {
    /// JSON (RFC 6749, 5.1).
    Json,
    /// A form, but JSON for a client whose `Accept` asks for it.
    FormUnlessAsked,
    /// A form, whatever the client asks for.
    Form,
}

/// Why the token endpoint refuses.
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

/// Why an API endpoint refuses.
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
