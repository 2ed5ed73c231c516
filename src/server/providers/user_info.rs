use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::User;
use crate::server::providers::bitbucket::workspaces::workspaces;
use crate::server::providers::error::ProviderError;
use crate::server::providers::provider_client::ProviderClient;

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
pub(crate) async fn user_info(client: &ProviderClient, token: &str) -> Result<Described, ProviderError> {
    const OF: &str = "the user information";
    let provider = client.provider();
    let mut profile: Value = client.get_json(OF, &provider.user_info_url, token).await?;
    if profile.get("error").is_some_and(Value::is_string) {
        return Err(ProviderError::Unusable { of: OF, why: "is an error" });
    }
    if provider.with_workspaces
        && let Some(profile) = profile.as_object_mut()
    {
        profile.insert("workspaces".to_owned(), workspaces(client, token).await?.into());
    }
    let mut user = (provider.profile)(profile.clone())
        .map_err(|error| ProviderError::Unreadable { of: OF, source: error.into() })?;
    if user.sub.is_empty() {
        return Err(ProviderError::NoIdentifier);
    }
    if user.email.is_none() {
        user.email = email(client, token).await?;
    }
    Ok(Described { user, profile })
}

/// The primary address, if it is confirmed: an unconfirmed one is anybody's.
async fn email(client: &ProviderClient, token: &str) -> Result<Option<String>, ProviderError> {
    let provider = client.provider();
    let Some(url) = &provider.emails_url else { return Ok(None) };
    match client.get_json::<Emails>("the list of e-mail addresses", url, token).await {
        Ok(emails) => {
            let primary = emails.values.into_iter().find(|email| email.is_primary && email.is_confirmed);
            Ok(primary.map(|email| email.email))
        }
        Err(ProviderError::Refused { status: StatusCode::FORBIDDEN, .. }) => {
            tracing::info!(provider = provider.id, "no e-mail address: the scope for it was not granted");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
