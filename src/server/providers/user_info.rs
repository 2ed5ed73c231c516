use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::TokenSet;
use crate::server::providers::identify::ProviderProfile;
use crate::server::providers::pagination::Pages;
use crate::server::providers::provider_client::ProviderClient;
use crate::server::providers::provider_error::{Document, ProviderError};

/// The name of this response in errors.
const OF: &str = "the user information";
/// The largest number of pages of e-mail addresses that are requested.
const MAX_EMAIL_PAGES: usize = 10;

/// Requests the user info.
pub(super) async fn user_info(tokens: &TokenSet, http: &ProviderClient) -> Result<Value, ProviderError> {
    let url = &http.provider().user_info_url;
    let json: Value = http.get_json(OF, url, tokens).await?;
    if json.get("error").is_some_and(Value::is_string) {
        return Err(ProviderError::Unusable { of: Document::new(OF, url), why: "is an error response" });
    }
    Ok(json)
}

/// Maps user info to a user. If it has no e-mail address, the list of e-mail addresses is requested.
pub(super) async fn profile(
    tokens: &TokenSet,
    http: &ProviderClient,
    json: Value,
) -> Result<ProviderProfile, ProviderError> {
    let provider = http.provider();
    let mut user = (provider.profile)(json.clone()).map_err(|error| ProviderError::Unreadable {
        of: Document::new(OF, &provider.user_info_url),
        source: error.into(),
    })?;
    if user.sub.is_empty() {
        return Err(ProviderError::NoIdentifier);
    }
    if user.email.as_deref().is_none_or(|email| email.trim().is_empty()) {
        user.email = email(tokens, http).await?;
    }
    Ok(ProviderProfile { user, json })
}

/// Returns the primary address if the provider has verified it. Anybody can enter an address without owning it.
async fn email(tokens: &TokenSet, http: &ProviderClient) -> Result<Option<String>, ProviderError> {
    let provider = http.provider();
    let Some(url) = &provider.emails_url else { return Ok(None) };
    let mut pages = Pages::new("the list of e-mail addresses", url.clone(), MAX_EMAIL_PAGES, tokens, http);
    loop {
        match pages.next().await {
            Ok(Some(values)) => {
                // Skip entries that can't be parsed.
                let mut emails = values.into_iter().filter_map(|value| serde_json::from_value::<Email>(value).ok());
                if let Some(primary) = emails.find(|email| email.primary && email.verified) {
                    return Ok(Some(primary.email));
                }
            }
            Ok(None) => return Ok(None),
            // If the scope is not granted, Bitbucket responds with 403 and GitHub with 404. 410 means that the endpoint
            // was removed.
            Err(ProviderError::Refused {
                status: status @ (StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::GONE),
                ..
            }) => {
                let status = status.as_u16();
                tracing::info!(
                    provider = provider.id,
                    status,
                    "the provider returned no list of e-mail addresses: the scope is not granted, or the list does not exist"
                );
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
    }
}

#[derive(Deserialize)]
struct Email {
    email: String,
    #[serde(default, alias = "is_primary")]
    primary: bool,
    #[serde(default, alias = "is_confirmed")]
    verified: bool,
}
