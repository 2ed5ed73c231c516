use std::sync::Arc;
use std::time::Duration;

use oauth2::{AuthUrl, TokenUrl};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::Secret;
use crate::User;
use crate::server::config::ConfigProblem;
use crate::server::config::Env;
use crate::server::origin::is_loopback;
use crate::server::providers::identify::{ByUserInfo, Identify};
use crate::server::providers::provider::{AuthMethod, Profile, Provider};
use crate::server::providers::refusal::Refusal;
use crate::server::providers::revocation::{Revocation, rfc_7009};

/// The flow sets these parameters itself. Replacing one of them would disable a security check.
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

/// A provider's configuration before validation.
#[derive(Clone)]
pub(crate) struct Description {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Environment keys that replace the host part of the endpoint URLs, each with the default host part.
    pub(crate) hosts: Vec<(&'static str, &'static str)>,
    pub(crate) authorize_url: String,
    pub(crate) token_url: String,
    pub(crate) revoke_url: Option<String>,
    pub(crate) revocation: Revocation,
    pub(crate) refresh_window: Duration,
    pub(crate) user_info_url: String,
    pub(crate) emails_url: Option<String>,
    pub(crate) issuer: Option<String>,
    pub(crate) scope: String,
    pub(crate) scope_separator: char,
    pub(crate) pkce: bool,
    pub(crate) errors_with_200: bool,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) auth_method: AuthMethod,
    pub(crate) client_id: Option<String>,
    pub(crate) client_secret: Option<Secret>,
    pub(crate) profile: Profile,
    pub(crate) identify: Arc<dyn Identify>,
    pub(crate) refusal: fn(&str, &str) -> Refusal,
}

impl Description {
    pub(super) fn new<P, F>(id: &str, authorize_url: &str, token_url: &str, user_info_url: &str, profile: F) -> Self
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
            revocation: rfc_7009,
            refresh_window: Duration::from_secs(300),
            user_info_url: user_info_url.to_owned(),
            emails_url: None,
            issuer: None,
            scope: String::new(),
            scope_separator: ' ',
            pkce: true,
            errors_with_200: false,
            params: Vec::new(),
            auth_method: AuthMethod::default(),
            client_id: None,
            client_secret: None,
            profile: mapping(profile),
            identify: Arc::new(ByUserInfo),
            refusal: Refusal::standard,
        }
    }

    /// Validates the configuration and adds what is wrong to `problems`.
    pub(super) fn build(self, env: &Env, problems: &mut Vec<ConfigProblem>) -> Option<Provider> {
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
        let client_secret =
            credential(self.client_secret.map(|secret| secret.expose().to_owned()), "CLIENT_SECRET", "secret");

        let mut hosts: Vec<(&str, String)> = Vec::new();
        for &(name, default) in &self.hosts {
            let set = env.word(name, problems).map(|host| host.trim_end_matches('/').to_owned());
            // A stand-in has one address for sign-in and API. The tokens of one Bitbucket are of no use at another.
            if let Some(host) = set.or_else(|| hosts.first().map(|(_, host)| host.clone())) {
                hosts.push((default, host));
            }
        }
        let moved = |text: &str| {
            let moved = hosts.iter().find_map(|(default, host)| Some(format!("{host}{}", text.strip_prefix(default)?)));
            moved.unwrap_or_else(|| text.to_owned())
        };
        let mut url = |text: &str, which| {
            let url = Url::parse(&moved(text)).ok().filter(is_safe);
            if url.is_none() {
                problems.push(ConfigProblem::ProviderUrl { id: id.clone(), which });
            }
            url
        };
        let authorize_url = url(&self.authorize_url, "authorization");
        let token_url = url(&self.token_url, "token");
        let user_info_url = url(&self.user_info_url, "user information");
        let in_path = form_urlencoded::byte_serialize(client_id.as_deref().unwrap_or_default().as_bytes())
            .collect::<String>()
            .replace('+', "%20");
        let revoke_url = self.revoke_url.map(|text| url(&text.replace("{client_id}", &in_path), "revocation"));
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
            client_secret: client_secret?.into(),
            auth_method: self.auth_method,
            issuer: self
                .issuer
                .map(|issuer| moved(&issuer))
                .unwrap_or_else(|| authorize_url.origin().ascii_serialization()),
            authorize_url: AuthUrl::from_url(authorize_url),
            token_url: TokenUrl::from_url(token_url?),
            revoke_url: revoke_url.flatten(),
            revocation: self.revocation,
            refresh_window_seconds: i64::try_from(self.refresh_window.as_secs()).unwrap_or(i64::MAX),
            user_info_url: user_info_url?,
            emails_url: emails_url.flatten(),
            scope: self
                .scope
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(self.scope_separator.encode_utf8(&mut [0; 4])),
            pkce: self.pkce,
            errors_with_200: self.errors_with_200,
            params: self.params,
            profile: self.profile,
            identify: self.identify,
            refusal: self.refusal,
        })
    }
}

/// Codes, secrets and tokens are sent over https, or over http to a loopback address only.
fn is_safe(url: &Url) -> bool {
    let protected = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url));
    protected && url.username().is_empty() && url.password().is_none() && url.fragment().is_none()
}

pub(super) fn mapping<P, F>(profile: F) -> Profile
where
    P: DeserializeOwned,
    F: Fn(P) -> User + Send + Sync + 'static,
{
    // An app's type may accept an absent member but not null, so the mapping is retried without nulls.
    Arc::new(move |value: Value| {
        serde_json::from_value(value.clone()).or_else(|_| serde_json::from_value(without_nulls(value))).map(&profile)
    })
}

/// Removes object members that are null.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().filter(|(_, value)| !value.is_null());
            members.map(|(name, value)| (name, without_nulls(value))).collect()
        }
        Value::Array(entries) => entries.into_iter().map(without_nulls).collect(),
        value => value,
    }
}
