use std::sync::Arc;
use std::time::Duration;

use oauth2::{AuthUrl, TokenUrl};
use serde::de::DeserializeOwned;
use url::Url;
use zeroize::Zeroizing;

use crate::User;
use crate::server::config::ConfigProblem;
use crate::server::config::Env;
use crate::server::jose::Secret;
use crate::server::origin::is_loopback;
use crate::server::providers::bitbucket::workspaces::{Workspace, WorkspaceRole};
use crate::server::providers::provider::{AuthMethod, Profile, Provider};
use crate::server::providers::refusal::Refusal;

/// What the flow sets itself; to replace one of these would undo a check.
const RESERVED: [&str; 9] = [
    "response_type",
    "response_mode",
    "client_id",
    "client_secret",
    "redirect_uri",
    "state",
    "code_challenge",
    "code_challenge_method",
    "scope",
];

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
///     .profile(|profile: BitbucketProfile| User {
///         sub: profile.uuid,
///         name: profile.nickname,
///         ..User::default()
///     });
/// ```
#[derive(Clone)]
#[must_use]
pub struct ProviderBuilder {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Names of environment keys that move the endpoints: a URL's host part, and its default.
    pub(crate) hosts: Vec<(&'static str, &'static str)>,
    pub(crate) authorize_url: String,
    pub(crate) token_url: String,
    pub(crate) revoke_url: Option<String>,
    pub(crate) refresh_window: Duration,
    pub(crate) user_info_url: String,
    pub(crate) emails_url: Option<String>,
    pub(crate) workspace: Option<Workspace>,
    pub(crate) with_workspaces: bool,
    pub(crate) issuer: Option<String>,
    pub(crate) scope: String,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) auth_method: AuthMethod,
    pub(crate) client_id: Option<String>,
    pub(crate) client_secret: Option<Zeroizing<String>>,
    pub(crate) profile: Profile,
    pub(crate) refusal: fn(&str, &str) -> Refusal,
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
        Self {
            id: id.to_owned(),
            name: id.to_owned(),
            hosts: Vec::new(),
            authorize_url: authorize_url.to_owned(),
            token_url: token_url.to_owned(),
            revoke_url: None,
            refresh_window: Duration::from_secs(300),
            user_info_url: user_info_url.to_owned(),
            emails_url: None,
            workspace: None,
            with_workspaces: false,
            issuer: None,
            scope: String::new(),
            params: Vec::new(),
            auth_method: AuthMethod::default(),
            client_id: None,
            client_secret: None,
            profile: mapping(profile),
            refusal: Refusal::standard,
        }
    }

    /// Another id, so that one provider can be there twice.
    pub fn id(mut self, id: &str) -> Self {
        id.clone_into(&mut self.id);
        self
    }

    /// The name that people see.
    pub fn name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// The scopes to ask for, separated by spaces, in place of the provider's usual ones.
    pub fn scope(mut self, scope: &str) -> Self {
        scope.clone_into(&mut self.scope);
        self
    }

    /// One more parameter of the authorization request; the same name again replaces its value.
    pub fn param(mut self, name: &str, value: &str) -> Self {
        self.params.retain(|(old, _)| old != name);
        self.params.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The consumer's key, in place of `AURA_AUTH_<ID>_CLIENT_ID`.
    pub fn client_id(mut self, client_id: &str) -> Self {
        self.client_id = Some(client_id.to_owned());
        self
    }

    /// The consumer's secret, in place of `AURA_AUTH_<ID>_CLIENT_SECRET`.
    pub fn client_secret(mut self, client_secret: &str) -> Self {
        self.client_secret = Some(Zeroizing::new(client_secret.to_owned()));
        self
    }

    /// Another authorization endpoint.
    pub fn authorize_url(mut self, url: &str) -> Self {
        url.clone_into(&mut self.authorize_url);
        self
    }

    /// Another token endpoint.
    pub fn token_url(mut self, url: &str) -> Self {
        url.clone_into(&mut self.token_url);
        self
    }

    /// Where tokens are revoked (RFC 7009), for a provider that documents it; Bitbucket doesn't.
    pub fn revoke_url(mut self, url: &str) -> Self {
        self.revoke_url = Some(url.to_owned());
        self
    }

    /// How long before its end an access token is refreshed, in whole seconds; five minutes by
    /// default, and never more than half of the token's life.
    pub fn refresh_window(mut self, window: Duration) -> Self {
        self.refresh_window = window;
        self
    }

    /// Another address of the description of the person.
    pub fn user_info_url(mut self, url: &str) -> Self {
        url.clone_into(&mut self.user_info_url);
        self
    }

    /// Where a list of the person's e-mail addresses is, in the shape of Bitbucket's; it is asked
    /// for when the description of the person has none.
    pub fn emails_url(mut self, url: &str) -> Self {
        self.emails_url = Some(url.to_owned());
        self
    }

    /// Admits only members of this Bitbucket workspace, named by its slug or UUID (in braces); who
    /// is none is told which workspace it takes. It needs the scope `account`.
    pub fn require_workspace(self, workspace: &str) -> Self {
        self.require_workspace_role(workspace, WorkspaceRole::Member)
    }

    /// As [`require_workspace`](Self::require_workspace), with at least this role.
    pub fn require_workspace_role(mut self, workspace: &str, least: WorkspaceRole) -> Self {
        self.workspace = Some(Workspace { name: workspace.to_owned(), least });
        self
    }

    /// Puts the person's Bitbucket workspaces into the profile as `workspaces`, a list in the shape
    /// of `GET /2.0/user/workspaces`, all pages of it, for the `profile` mapping and the sign-in
    /// hook. It needs the scope `account`.
    pub fn with_workspaces(mut self) -> Self {
        self.with_workspaces = true;
        self
    }

    /// What the provider calls itself in `iss` (RFC 9207); else the authorization endpoint's
    /// origin. It is compared only when the provider sends it.
    pub fn issuer(mut self, issuer: &str) -> Self {
        self.issuer = Some(issuer.to_owned());
        self
    }

    /// How the app proves who it is at the token endpoint.
    pub fn auth_method(mut self, method: AuthMethod) -> Self {
        self.auth_method = method;
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
        self.profile = mapping(profile);
        self
    }

    /// Checks it all; what is wrong goes to `problems`.
    pub(crate) fn build(self, env: &Env, problems: &mut Vec<ConfigProblem>) -> Option<Provider> {
        let before = problems.len();
        let id = self.id;
        let id_fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if id.is_empty() || !id.bytes().all(id_fits) {
            problems.push(ConfigProblem::ProviderId { id: id.clone() });
        }
        let key = id.replace('-', "_").to_ascii_uppercase();
        let mut credential = |set: Option<String>, name: &str, what| {
            let name = format!("{key}_{name}");
            let value = set.filter(|value| !value.is_empty()).or_else(|| env.word(&name, problems));
            if value.is_none() {
                problems.push(ConfigProblem::CredentialMissing { setting: format!("AURA_AUTH_{name}"), what });
            }
            value
        };
        let client_id = credential(self.client_id, "CLIENT_ID", "key (client id)");
        let client_secret = credential(self.client_secret.map(|secret| secret.to_string()), "CLIENT_SECRET", "secret");

        let hosts: Vec<(&str, String)> = self
            .hosts
            .iter()
            .filter_map(|&(name, default)| Some((default, env.word(name, problems)?.trim_end_matches('/').to_owned())))
            .collect();
        let mut url = |text: &str, which| {
            let moved = hosts.iter().find_map(|(default, host)| Some(format!("{host}{}", text.strip_prefix(default)?)));
            let url = Url::parse(moved.as_deref().unwrap_or(text)).ok().filter(is_safe);
            if url.is_none() {
                problems.push(ConfigProblem::ProviderUrl { id: id.clone(), which });
            }
            url
        };
        let authorize_url = url(&self.authorize_url, "authorization");
        let token_url = url(&self.token_url, "token");
        let user_info_url = url(&self.user_info_url, "user information");
        let revoke_url = self.revoke_url.map(|text| url(&text, "revocation"));
        let emails_url = self.emails_url.map(|text| url(&text, "e-mail"));

        for (name, _) in &self.params {
            if RESERVED.contains(&name.as_str()) {
                problems.push(ConfigProblem::ReservedParameter { id: id.clone(), name: name.clone() });
            }
        }
        if problems.len() > before {
            return None;
        }
        let authorize_url = authorize_url?;
        Some(Provider {
            id,
            name: self.name,
            client_id: client_id?,
            client_secret: Secret::new(client_secret?),
            auth_method: self.auth_method,
            issuer: self.issuer.unwrap_or_else(|| authorize_url.origin().ascii_serialization()),
            authorize_url: AuthUrl::from_url(authorize_url),
            token_url: TokenUrl::from_url(token_url?),
            revoke_url: revoke_url.flatten(),
            refresh_window_seconds: i64::try_from(self.refresh_window.as_secs()).unwrap_or(i64::MAX),
            user_info_url: user_info_url?,
            emails_url: emails_url.flatten(),
            workspace: self.workspace,
            with_workspaces: self.with_workspaces,
            scopes: self.scope.split_whitespace().map(str::to_owned).collect(),
            params: self.params,
            profile: self.profile,
            refusal: self.refusal,
        })
    }
}

impl std::fmt::Debug for ProviderBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProviderBuilder").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Codes, secrets and tokens go over https, or nowhere but to this machine.
fn is_safe(url: &Url) -> bool {
    let protected = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url));
    protected && url.username().is_empty() && url.password().is_none() && url.fragment().is_none()
}

fn mapping<P, F>(profile: F) -> Profile
where
    P: DeserializeOwned,
    F: Fn(P) -> User + Send + Sync + 'static,
{
    Arc::new(move |value| serde_json::from_value(value).map(&profile))
}

/// A provider, or the name of a built-in one.
pub trait IntoProvider {
    /// The provider; `Err` has the name when no built-in provider has it.
    ///
    /// # Errors
    ///
    /// For a name that is not a built-in provider's.
    fn into_provider(self) -> Result<ProviderBuilder, String>;
}

impl IntoProvider for ProviderBuilder {
    fn into_provider(self) -> Result<ProviderBuilder, String> {
        Ok(self)
    }
}

impl IntoProvider for &str {
    fn into_provider(self) -> Result<ProviderBuilder, String> {
        match self {
            "bitbucket" => Ok(crate::server::providers::bitbucket()),
            other => Err(other.to_owned()),
        }
    }
}
