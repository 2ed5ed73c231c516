use http::Method;
use http::header::CONTENT_TYPE;
use oauth2::HttpRequest;
use serde::Deserialize;
use url::Url;

use crate::server::plain_text::first_text;
use crate::server::providers::description::Description;
use crate::server::providers::{AuthMethod, Provider, ProviderBuilder, Refusal};
use crate::{TokenSet, User};

/// GitHub.
///
/// The user's `sub` is `id`, a number. The e-mail address is the primary one, if it is verified. `AURA_AUTH_GITHUB_URL`
/// and `AURA_AUTH_GITHUB_API_URL` replace the hosts of the endpoints. If only the first one is set, it is also the
/// API's.
///
/// <https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps>
pub fn github() -> ProviderBuilder {
    Description {
        name: "GitHub".to_owned(),
        hosts: vec![("GITHUB_URL", "https://github.com"), ("GITHUB_API_URL", "https://api.github.com")],
        scope: "read:user user:email".to_owned(),
        auth_method: AuthMethod::Body,
        // The profile's `email` is the public one. Only this list says whether an address is verified.
        emails_url: Some("https://api.github.com/user/emails".to_owned()),
        issuer: Some("https://github.com/login/oauth".to_owned()),
        errors_with_200: true,
        refusal: |error, _| match error {
            "bad_verification_code" | "bad_refresh_token" => Refusal::Grant,
            "incorrect_client_credentials" => Refusal::Client,
            _ => Refusal::Other,
        },
        revoke_url: Some("https://api.github.com/applications/{client_id}/token".to_owned()),
        revocation: delete_token,
        ..Description::new(
            "github",
            "https://github.com/login/oauth/authorize",
            "https://github.com/login/oauth/access_token",
            "https://api.github.com/user",
            |profile: Profile| User {
                sub: profile.id.to_string(),
                name: first_text([profile.name, profile.login]),
                image: profile.avatar_url,
                ..User::default()
            },
        )
    }
    .into()
}

#[derive(Deserialize)]
struct Profile {
    id: u64,
    login: Option<String>,
    name: Option<String>,
    avatar_url: Option<String>,
}

fn delete_token(provider: &Provider, url: &Url, tokens: &TokenSet) -> Result<Vec<HttpRequest>, http::Error> {
    let request = provider.request_with_basic(Method::DELETE, url).header(CONTENT_TYPE, "application/json");
    Ok(vec![request.body(serde_json::json!({ "access_token": tokens.access_token }).to_string().into_bytes())?])
}
