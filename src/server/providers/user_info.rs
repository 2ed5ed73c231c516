use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::server::providers::bitbucket::workspaces::workspaces;
use crate::server::providers::provider::Provider;
use crate::server::providers::provider_client::ProviderClient;
use crate::{AuthError, User};

#[derive(Deserialize)]
struct Emails {
    values: Vec<Email>,
}

#[derive(Deserialize)]
struct Email {
    email: String,
    #[serde(default)]
    is_primary: bool,
    #[serde(default)]
    is_confirmed: bool,
}

/// A person, as the provider describes them.
pub(crate) struct Described {
    pub(crate) user: User,
    /// The description as it came.
    pub(crate) profile: Value,
}

/// Asks the provider who the person is.
pub(crate) async fn user_info(client: &ProviderClient, token: &str) -> Result<Described, AuthError> {
    let provider = client.provider();
    let answer = client.get(&provider.user_info_url, token).await.map_err(|error| {
        tracing::warn!(provider = provider.id, cause = ?error, "the user information could not be fetched");
        error.public()
    })?;
    if !answer.status().is_success() {
        tracing::warn!(provider = provider.id, status = %answer.status(), "the user information was refused");
        return Err(AuthError::UserInfoRefused);
    }
    let mut profile: Value = serde_json::from_slice(answer.body()).map_err(|error| malformed(provider, &error))?;
    if profile.get("error").is_some_and(Value::is_string) {
        tracing::warn!(provider = provider.id, "the user information is an error");
        return Err(AuthError::UserInfoMalformed);
    }
    if provider.with_workspaces
        && let Some(profile) = profile.as_object_mut()
    {
        profile.insert("workspaces".to_owned(), workspaces(client, token).await?.into());
    }
    let mut user = (provider.profile)(profile.clone()).map_err(|error| malformed(provider, &error))?;
    if user.sub.is_empty() {
        tracing::warn!(provider = provider.id, "the user information has no identifier");
        return Err(AuthError::UserInfoIncomplete);
    }
    if user.email.is_none() {
        user.email = email(client, token).await?;
    }
    Ok(Described { user, profile })
}

/// The primary address, if it is confirmed: an unconfirmed one is anybody's.
async fn email(client: &ProviderClient, token: &str) -> Result<Option<String>, AuthError> {
    let provider = client.provider();
    let Some(url) = &provider.emails_url else { return Ok(None) };
    let answer = client.get(url, token).await.map_err(|error| {
        tracing::warn!(provider = provider.id, cause = ?error, "the e-mail addresses could not be fetched");
        error.public()
    })?;
    match answer.status() {
        StatusCode::FORBIDDEN => {
            tracing::info!(provider = provider.id, "no e-mail address: the scope for it was not granted");
            return Ok(None);
        }
        status if !status.is_success() => {
            tracing::warn!(provider = provider.id, %status, "the e-mail addresses were refused");
            return Err(AuthError::UserInfoRefused);
        }
        _ => {}
    }
    let emails: Emails = serde_json::from_slice(answer.body()).map_err(|error| malformed(provider, &error))?;
    let primary = emails.values.into_iter().find(|email| email.is_primary && email.is_confirmed);
    Ok(primary.map(|email| email.email))
}

fn malformed(provider: &Provider, error: &serde_json::Error) -> AuthError {
    // Only where it broke: the text of a serde error can hold what was read.
    tracing::warn!(
        provider = provider.id,
        line = error.line(),
        column = error.column(),
        kind = ?error.classify(),
        "the user information can't be read"
    );
    AuthError::UserInfoMalformed
}
