use std::time::Duration;

use crate::Secret;
use crate::User;
use crate::server::config::{ConfigProblem, Env};
use crate::server::providers::description::{Description, mapping};
use crate::server::providers::provider::{AuthMethod, Provider};
use serde::de::DeserializeOwned;

/// Configures a provider. A setting here replaces the provider's own value and keeps all others.
///
/// ```
/// use aura_auth::oauth::{AuthMethod, BitbucketProfile, bitbucket};
/// use aura_auth::User;
///
/// let provider = bitbucket()
///     .scope("account")
///     .param("prompt", "login")
///     .auth_method(AuthMethod::Body)
///     .profile(|profile: BitbucketProfile| User::new(profile.uuid).with_name(profile.nickname));
/// ```
///
/// `Q` holds the settings that only this provider has, like the workspaces of
/// [`bitbucket()`](crate::server::providers::bitbucket). Call `into()` to put providers with different `Q` in one list.
#[derive(Clone)]
#[must_use]
pub struct ProviderBuilder<Q = ()> {
    pub(super) description: Description,
    pub(super) own: Q,
}

impl ProviderBuilder {
    /// A custom provider: an OAuth 2.0 authorization server and its user info endpoint.
    ///
    /// `id` names the provider in paths, cookies and the environment (`AURA_AUTH_<ID>_CLIENT_ID`). It consists of
    /// lower-case letters, digits and `-`. `profile` maps the user info to a user.
    pub fn new<P, F>(id: &str, authorize_url: &str, token_url: &str, user_info_url: &str, profile: F) -> Self
    where
        P: DeserializeOwned,
        F: Fn(P) -> User + Send + Sync + 'static,
    {
        Description::new(id, authorize_url, token_url, user_info_url, profile).into()
    }

    /// Validates the configuration and adds what is wrong to `problems`.
    pub(crate) fn build(self, env: &Env, problems: &mut Vec<ConfigProblem>) -> Option<Provider> {
        self.description.build(env, problems)
    }
}

impl From<Description> for ProviderBuilder {
    fn from(description: Description) -> Self {
        Self { description, own: () }
    }
}

impl<Q> ProviderBuilder<Q> {
    /// Sets another id, so that the same provider can be configured twice.
    pub fn id(mut self, id: &str) -> Self {
        id.clone_into(&mut self.description.id);
        self
    }

    /// Sets the name that users see.
    pub fn name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.description.name);
        self
    }

    /// Sets whether requests use PKCE (RFC 7636); `true` by default. Disable it only for a provider that rejects it,
    /// like LinkedIn. Without PKCE, only the client secret and `state` protect a stolen authorization code.
    pub fn pkce(mut self, sent: bool) -> Self {
        self.description.pkce = sent;
        self
    }

    /// Sets the separator between scopes. The default is a space (RFC 6749, 3.3); some providers need a comma.
    pub fn scope_separator(mut self, separator: char) -> Self {
        self.description.scope_separator = separator;
        self
    }

    /// Sets whether the token endpoint responds to errors with status 200, as GitHub and Slack do. If so, a response
    /// with `error` is an error, whatever its status.
    pub fn errors_with_200(mut self, answered: bool) -> Self {
        self.description.errors_with_200 = answered;
        self
    }

    /// Replaces the scopes to request, separated by spaces.
    pub fn scope(mut self, scope: &str) -> Self {
        scope.clone_into(&mut self.description.scope);
        self
    }

    /// Adds a parameter to the authorization request. If the name is set already, this replaces its value.
    pub fn param(mut self, name: &str, value: &str) -> Self {
        self.description.params.retain(|(old, _)| old != name);
        self.description.params.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the client id, instead of `AURA_AUTH_<ID>_CLIENT_ID`. Bitbucket calls it the key.
    pub fn client_id(mut self, client_id: &str) -> Self {
        self.description.client_id = Some(client_id.to_owned());
        self
    }

    /// Sets the client secret, instead of `AURA_AUTH_<ID>_CLIENT_SECRET`.
    pub fn client_secret(mut self, client_secret: impl Into<Secret>) -> Self {
        self.description.client_secret = Some(client_secret.into());
        self
    }

    /// Replaces the URL of the authorization endpoint.
    pub fn authorize_url(mut self, url: &str) -> Self {
        url.clone_into(&mut self.description.authorize_url);
        self
    }

    /// Replaces the URL of the token endpoint.
    pub fn token_url(mut self, url: &str) -> Self {
        url.clone_into(&mut self.description.token_url);
        self
    }

    /// Sets the URL of the revocation endpoint, for a provider that has one; Bitbucket documents none. A custom
    /// provider must follow RFC 7009. `{client_id}` stands for the client id.
    pub fn revoke_url(mut self, url: &str) -> Self {
        self.description.revoke_url = Some(url.to_owned());
        self
    }

    /// Sets how long before its expiry an access token is refreshed, in whole seconds; 5 minutes by default. The window
    /// is never more than half of the token's lifetime.
    pub fn refresh_window(mut self, window: Duration) -> Self {
        self.description.refresh_window = window;
        self
    }

    /// Replaces the URL of the user info endpoint.
    pub fn user_info_url(mut self, url: &str) -> Self {
        url.clone_into(&mut self.description.user_info_url);
        self
    }

    /// Sets the URL of a list of the user's e-mail addresses, in the format of Bitbucket
    /// (`{"values":[{"email","is_primary","is_confirmed"}]}`) or GitHub (`[{"email","primary","verified"}]`). It is
    /// requested if the user info has no e-mail address. Only a primary and verified address is used.
    pub fn emails_url(mut self, url: &str) -> Self {
        self.description.emails_url = Some(url.to_owned());
        self
    }

    /// Sets the provider's issuer identifier, the expected value of `iss` (RFC 9207). The default is the origin of the
    /// authorization endpoint. If the provider sends no `iss`, it is not checked.
    pub fn issuer(mut self, issuer: &str) -> Self {
        self.description.issuer = Some(issuer.to_owned());
        self
    }

    /// Sets how the client authenticates at the token endpoint.
    pub fn auth_method(mut self, method: AuthMethod) -> Self {
        self.description.auth_method = method;
        self
    }

    /// Replaces the mapping from the provider's user info to a user.
    ///
    /// The mapping's argument is deserialized from the provider's JSON. If this fails, the sign-in fails with
    /// [`UserInfoMalformed`](crate::AuthError::UserInfoMalformed). If `sub` is empty, it fails with
    /// [`UserInfoIncomplete`](crate::AuthError::UserInfoIncomplete).
    pub fn profile<P, F>(mut self, profile: F) -> Self
    where
        P: DeserializeOwned,
        F: Fn(P) -> User + Send + Sync + 'static,
    {
        self.description.profile = mapping(profile);
        self
    }
}

impl<Q> std::fmt::Debug for ProviderBuilder<Q> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProviderBuilder").field("id", &self.description.id).finish_non_exhaustive()
    }
}
