use oauth2::basic::BasicTokenType;
use oauth2::{AccessToken, RefreshToken, Scope};
use serde::{Deserialize, Serialize};
use std::time::Duration;

use super::super::jose::{Jose, JoseError};
use super::super::session::Binding;

/// A token answer (RFC 6749, 5.1), with what is usual in the wild: `scope` as text, list or null,
/// and Bitbucket's older `scopes`.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct TokenAnswer {
    access_token: AccessToken,
    #[serde(default = "bearer", deserialize_with = "oauth2::helpers::deserialize_untagged_enum_case_insensitive")]
    token_type: BasicTokenType,
    expires_in: Option<u64>,
    refresh_token: Option<RefreshToken>,
    scope: Option<Scopes>,
    scopes: Option<Scopes>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged)]
enum Scopes {
    Text(String),
    List(Vec<String>),
}

fn bearer() -> BasicTokenType {
    BasicTokenType::Bearer
}

impl oauth2::TokenResponse for TokenAnswer {
    type TokenType = BasicTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &BasicTokenType {
        &self.token_type
    }

    fn expires_in(&self) -> Option<Duration> {
        self.expires_in.map(Duration::from_secs)
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

/// What the tokens' cookie holds beside them.
#[derive(Serialize)]
struct Sealed<'a> {
    #[serde(flatten)]
    tokens: &'a ProviderTokens,
    /// The session that got them: in another one they are worth nothing.
    sid: &'a str,
    exp: i64,
}

/// A provider's tokens, as they are sealed into their cookie; names are the wire contract's (3.5).
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProviderTokens {
    pub(crate) access_token: String,
    /// Seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    token_type: String,
    scopes: Vec<String>,
    /// Seconds since 1970.
    issued_at: i64,
}

impl ProviderTokens {
    /// The tokens of an answer, if it has what it must: a bearer token that is not empty and can
    /// stand in a header.
    pub(super) fn read(answer: TokenAnswer, now: i64) -> Option<Self> {
        let access_token = answer.access_token.into_secret();
        let usable = !access_token.is_empty() && access_token.bytes().all(|byte| byte.is_ascii_graphic());
        if !usable || answer.token_type != BasicTokenType::Bearer {
            return None;
        }
        let scopes = match answer.scope.or(answer.scopes) {
            Some(Scopes::Text(text)) => {
                text.split([' ', ',']).filter(|scope| !scope.is_empty()).map(str::to_owned).collect()
            }
            Some(Scopes::List(list)) => list,
            None => Vec::new(),
        };
        let lifetime = answer.expires_in.map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX));
        Some(Self {
            access_token,
            expires_at: lifetime.map(|seconds| now.saturating_add(seconds)),
            refresh_token: answer.refresh_token.map(RefreshToken::into_secret),
            token_type: "Bearer".to_owned(),
            scopes,
            issued_at: now,
        })
    }

    /// The tokens as a token for their cookie, bound to the session and ending with it.
    pub(crate) fn seal(&self, jose: &Jose, session: &Binding, expires_at: i64) -> Result<String, JoseError> {
        jose.encode_jwt(&Sealed { tokens: self, sid: session.as_str(), exp: expires_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<ProviderTokens> {
        ProviderTokens::read(serde_json::from_str(json).ok()?, 1_000)
    }

    #[test]
    fn scope_is_read_under_both_names_and_in_every_shape() {
        for scopes in [
            r#""scope":"account email""#,
            r#""scopes":"account email""#,
            r#""scope":null,"scopes":"account, email""#,
            r#""scope":["account","email"],"scopes":"x""#,
        ] {
            let tokens = read(&format!(r#"{{"access_token":"t","expires_in":7200,{scopes},"state":"x"}}"#)).unwrap();
            assert_eq!(tokens.scopes, ["account", "email"], "{scopes}");
            assert_eq!(tokens.expires_at, Some(8_200));
        }
    }

    #[test]
    fn an_answer_without_a_usable_bearer_token_is_refused() {
        for json in [
            r"{}",
            r#"{"access_token":""}"#,
            r#"{"access_token":null}"#,
            r#"{"access_token":"a b"}"#,
            r#"{"access_token":"a\r\nx"}"#,
            r#"{"access_token":"t","token_type":"mac"}"#,
            r#"{"access_token":"t","expires_in":-1}"#,
            r#"{"error":"invalid_grant"}"#,
        ] {
            assert!(read(json).is_none(), "{json}");
        }
        assert!(read(r#"{"access_token":"t","token_type":"BEARER","expires_in":18446744073709551615}"#).is_some());
    }
}
