use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::TokenSet;
use crate::server::providers::error::{Document, ProviderError};
use crate::server::providers::identify::ProviderProfile;
use crate::server::providers::pages::Pages;
use crate::server::providers::provider_client::ProviderClient;

/// What is asked for, in errors.
const OF: &str = "the user information";
/// The most pages of e-mail addresses that are asked for.
const MOST_PAGES_OF_EMAILS: usize = 10;

#[derive(Deserialize)]
struct Email {
    email: String,
    #[serde(default, alias = "is_primary")]
    primary: bool,
    #[serde(default, alias = "is_confirmed")]
    verified: bool,
}

/// Asks for the provider's description of the person.
pub(super) async fn user_info(tokens: &TokenSet, http: &ProviderClient) -> Result<Value, ProviderError> {
    let url = &http.provider().user_info_url;
    let json: Value = http.get_json(OF, url, tokens).await?;
    if json.get("error").is_some_and(Value::is_string) {
        return Err(ProviderError::Unusable { of: Document::new(OF, url), why: "is an error" });
    }
    Ok(json)
}

/// The person of a description. Where it has no e-mail address, the list of them is asked for.
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

/// The primary address, if it is confirmed: an unconfirmed one is anybody's.
async fn email(tokens: &TokenSet, http: &ProviderClient) -> Result<Option<String>, ProviderError> {
    let provider = http.provider();
    let Some(url) = &provider.emails_url else { return Ok(None) };
    let mut pages = Pages::new("the list of e-mail addresses", url.clone(), MOST_PAGES_OF_EMAILS, tokens, http);
    loop {
        match pages.next().await {
            Ok(Some(values)) => {
                // An entry that can't be read is not the one that is looked for.
                let mut emails = values.into_iter().filter_map(|value| serde_json::from_value::<Email>(value).ok());
                if let Some(primary) = emails.find(|email| email.primary && email.verified) {
                    return Ok(Some(primary.email));
                }
            }
            Ok(None) => return Ok(None),
            // Bitbucket hides what the scope does not allow by 403, GitHub by 404; 410 says that there is no such list
            // any more.
            Err(ProviderError::Refused {
                status: status @ (StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::GONE),
                ..
            }) => {
                let status = status.as_u16();
                tracing::info!(
                    provider = provider.id,
                    status,
                    "no e-mail address: the scope for it was not granted, or there is no list of them"
                );
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
    }
}
