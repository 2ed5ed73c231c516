use std::time::Duration;

use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::User;
use crate::server::config::{ConfigProblem, Env};
use crate::server::providers::description::{Description, mapping};
use crate::server::providers::provider::{AuthMethod, Provider};

/// A provider being described. What is set here replaces the provider's own value and leaves all
/// others as they are.
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
/// `Q` is what only this provider can be told, like the workspaces of [`bitbucket()`](super::bitbucket). Providers
/// of different kinds stand in one list after `into()`.
#[derive(Clone)]
#[must_use]
pub struct ProviderBuilder<Q = ()> {
    pub(super) description: Description,
    pub(super) own: Q,
}

impl ProviderBuilder {
    /// A provider of your own: an OAuth 2.0 authorization server and where it describes people.
    ///
    /// `id` names it in paths, cookies and the environment (`AURA_AUTH_<ID>_CLIENT_ID`); it is
    /// made of lower-case letters, digits and `-`.
    pub fn new<P, F>(id: &str, authorize_url: &str, token_url: &str, user_info_url: &str, profile: F) -> Self
    where
        P: DeserializeOwned,
        F: Fn(P) -> User + Send + Sync + 'static,
    {
        Description::new(id, authorize_url, token_url, user_info_url, profile).into()
    }

    /// Checks it all; what is wrong goes to `problems`.
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
    /// Another id, so that one provider can be there twice.
    pub fn id(mut self, id: &str) -> Self {
        id.clone_into(&mut self.description.id);
        self
    }

    /// The name that people see.
    pub fn name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.description.name);
        self
    }

    /// Whether requests have a PKCE challenge and its verifier (RFC 7636); they do by default. Only for a
    /// provider that refuses them, as LinkedIn does: without PKCE, a stolen code is kept from use by the client
    /// secret and `state` alone.
    pub fn pkce(mut self, sent: bool) -> Self {
        self.description.pkce = sent;
        self
    }

    /// What the provider wants between two scopes; a space by default (RFC 6749, 3.3), and a comma for some.
    pub fn scope_separator(mut self, separator: char) -> Self {
        self.description.scope_separator = separator;
        self
    }

    /// Whether the token endpoint answers an error with status 200, as GitHub's and Slack's do; then `error` in an
    /// answer tells one from tokens.
    pub fn errors_with_200(mut self, answered: bool) -> Self {
        self.description.errors_with_200 = answered;
        self
    }

    /// The scopes to ask for, separated by spaces, in place of the provider's usual ones.
    pub fn scope(mut self, scope: &str) -> Self {
        scope.clone_into(&mut self.description.scope);
        self
    }

    /// One more parameter of the authorization request; the same name again replaces its value.
    pub fn param(mut self, name: &str, value: &str) -> Self {
        self.description.params.retain(|(old, _)| old != name);
        self.description.params.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The consumer's key, in place of `AURA_AUTH_<ID>_CLIENT_ID`.
    pub fn client_id(mut self, client_id: &str) -> Self {
        self.description.client_id = Some(client_id.to_owned());
        self
    }

    /// The consumer's secret, in place of `AURA_AUTH_<ID>_CLIENT_SECRET`.
    pub fn client_secret(mut self, client_secret: &str) -> Self {
        self.description.client_secret = Some(Zeroizing::new(client_secret.to_owned()));
        self
    }

    /// Another authorization endpoint.
    pub fn authorize_url(mut self, url: &str) -> Self {
        url.clone_into(&mut self.description.authorize_url);
        self
    }

    /// Another token endpoint.
    pub fn token_url(mut self, url: &str) -> Self {
        url.clone_into(&mut self.description.token_url);
        self
    }

    /// Where tokens are revoked, for a provider that documents it; Bitbucket doesn't. A provider of your own must
    /// do it by RFC 7009. `{client_id}` stands for the client id.
    pub fn revoke_url(mut self, url: &str) -> Self {
        self.description.revoke_url = Some(url.to_owned());
        self
    }

    /// How long before its end an access token is refreshed, in whole seconds; five minutes by
    /// default, and never more than half of the token's life.
    pub fn refresh_window(mut self, window: Duration) -> Self {
        self.description.refresh_window = window;
        self
    }

    /// Another address of the description of the person.
    pub fn user_info_url(mut self, url: &str) -> Self {
        url.clone_into(&mut self.description.user_info_url);
        self
    }

    /// Where a list of the person's e-mail addresses is, in the shape of Bitbucket's
    /// (`{"values":[{"email","is_primary","is_confirmed"}]}`) or GitHub's (`[{"email","primary","verified"}]`). It
    /// is asked for when the description of the person has none; only a primary and confirmed one is taken.
    pub fn emails_url(mut self, url: &str) -> Self {
        self.description.emails_url = Some(url.to_owned());
        self
    }

    /// What the provider calls itself in `iss` (RFC 9207); else the authorization endpoint's
    /// origin. It is compared only when the provider sends it.
    pub fn issuer(mut self, issuer: &str) -> Self {
        self.description.issuer = Some(issuer.to_owned());
        self
    }

    /// How the app proves who it is at the token endpoint.
    pub fn auth_method(mut self, method: AuthMethod) -> Self {
        self.description.auth_method = method;
        self
    }

    /// Another mapping from the provider's description of the person to a user.
    ///
    /// The mapping's argument is read from the provider's JSON; where that fails, or `sub` comes
    /// out empty, the sign-in fails with [`UserInfoMalformed`](crate::AuthError::UserInfoMalformed)
    /// or [`UserInfoIncomplete`](crate::AuthError::UserInfoIncomplete).
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
