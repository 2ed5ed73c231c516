use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::TokenSet;
use crate::server::providers::error::ProviderError;
use crate::server::providers::identify::ProviderProfile;
use crate::server::providers::provider_client::ProviderClient;

/// What is asked for, in errors.
const OF: &str = "the user information";

/// A list in an object, as Bitbucket's, or by itself, as GitHub's.
#[derive(Deserialize)]
#[serde(untagged)]
enum Emails {
    Page { values: Vec<Email> },
    List(Vec<Email>),
}

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
    let json: Value = http.get_json(OF, &http.provider().user_info_url, tokens).await?;
    if json.get("error").is_some_and(Value::is_string) {
        return Err(ProviderError::Unusable { of: OF, why: "is an error" });
    }
    Ok(json)
}

/// The person of a description. Where it has no e-mail address, the list of them is asked for.
pub(super) async fn profile(
    tokens: &TokenSet,
    http: &ProviderClient,
    json: Value,
) -> Result<ProviderProfile, ProviderError> {
    let mut user = (http.provider().profile)(json.clone())
        .map_err(|error| ProviderError::Unreadable { of: OF, source: error.into() })?;
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
    match http.get_json::<Emails>("the list of e-mail addresses", url, tokens).await {
        Ok(Emails::Page { values } | Emails::List(values)) => {
            let primary = values.into_iter().find(|email| email.primary && email.verified);
            Ok(primary.map(|email| email.email))
        }
        // Bitbucket hides what the scope does not allow by 403, GitHub by 404.
        Err(ProviderError::Refused { status: StatusCode::FORBIDDEN | StatusCode::NOT_FOUND, .. }) => {
            tracing::info!(provider = provider.id, "no e-mail address: the scope for it was not granted");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
