use std::time::Duration;

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use oauth2::basic::BasicTokenType;
use oauth2::{AccessToken, RefreshToken, Scope};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use subtle::ConstantTimeEq as _;

use crate::TokenSet;
use crate::server::jose::{Jose, JoseError, Purpose};
use crate::server::session::SessionIdHash;

/// Level 1 is enough: random tokens have no repetitions, so only Huffman coding saves space.
const COMPRESSION_LEVEL: u8 = 1;
/// The largest decompressed JSON, in bytes. The cookies of one provider hold about 12 KB of compressed tokens, so real
/// tokens stay well below this limit.
const MAX_DECOMPRESSED_BYTES: usize = 64 * 1024;

/// A token response (RFC 6749, 5.1). It also accepts what providers send in practice: null instead of an absent member,
/// seconds as text or with a fraction, `scope` as text or as a list, and Bitbucket's older name `scopes`.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct TokenAnswer {
    access_token: AccessToken,
    #[serde(default = "bearer", deserialize_with = "token_type")]
    token_type: BasicTokenType,
    #[serde(default, deserialize_with = "seconds")]
    expires_in: Option<u64>,
    refresh_token: Option<RefreshToken>,
    #[serde(default, deserialize_with = "seconds")]
    refresh_token_expires_in: Option<u64>,
    scope: Option<Scopes>,
    scopes: Option<Scopes>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged)]
enum Scopes {
    Text(String),
    List(Vec<Option<String>>),
}

fn bearer() -> BasicTokenType {
    BasicTokenType::Bearer
}

fn token_type<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BasicTokenType, D::Error> {
    #[derive(Deserialize)]
    struct Named(
        #[serde(deserialize_with = "oauth2::helpers::deserialize_untagged_enum_case_insensitive")] BasicTokenType,
    );
    Ok(Option::<Named>::deserialize(deserializer)?.map_or_else(bearer, |named| named.0))
}

/// Reads seconds from a number or from text. Fractions are cut off, and empty text counts as absent.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let number = match Option::<Value>::deserialize(deserializer)? {
        None => return Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(Value::Number(number)) => match number.as_u64() {
            Some(whole) => return Ok(Some(whole)),
            None => number.as_f64(),
        },
        Some(_) => None,
    };
    let seconds = number.filter(|seconds| seconds.is_finite() && *seconds >= 0.0);
    seconds.map(|seconds| Some(seconds as u64)).ok_or_else(|| D::Error::custom("not a number of seconds"))
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

/// The content of a provider tokens' cookie.
#[derive(Serialize, Deserialize)]
struct Sealed<T> {
    #[serde(flatten)]
    tokens: T,
    /// The hash of the id of the session that received the tokens. In another session they are rejected.
    sid: String,
}

impl TokenSet {
    /// Returns the tokens of a response. Returns `None` unless it has a bearer token that is not empty and is valid in
    /// a header.
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
            Some(Scopes::List(list)) => list.into_iter().flatten().collect(),
            None => Vec::new(),
        };
        let ends_at = |seconds: Option<u64>| {
            seconds.map(|seconds| now.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX)))
        };
        Some(Self {
            access_token: access_token.into(),
            expires_at: ends_at(answer.expires_in),
            refresh_token: answer.refresh_token.map(|token| token.into_secret().into()),
            refresh_token_expires_at: ends_at(answer.refresh_token_expires_in),
            token_type: "Bearer".to_owned(),
            scopes,
            issued_at: now,
        })
    }

    /// Returns the tokens after a refresh. Values that are missing in the response stay as they were (RFC 6749, 6).
    pub(super) fn refreshed(&self, mut answer: Self) -> Self {
        if answer.refresh_token.is_none() {
            answer.refresh_token.clone_from(&self.refresh_token);
            answer.refresh_token_expires_at = self.refresh_token_expires_at;
        }
        if answer.scopes.is_empty() {
            answer.scopes.clone_from(&self.scopes);
        }
        if answer.expires_at.is_none() {
            answer.expires_at = self.lifetime().map(|seconds| answer.issued_at.saturating_add(seconds));
        }
        answer
    }

    /// Whether the access token has expired.
    pub(super) fn has_expired(&self, now: i64) -> bool {
        self.expires_at.is_some_and(|expires_at| now >= expires_at)
    }

    /// Whether the access token has expired or expires within `seconds`. For a short-lived token the window is at most
    /// half of its lifetime, so that a token that lives for minutes is not refreshed at every request.
    pub(super) fn ends_within(&self, seconds: i64, now: i64) -> bool {
        let seconds = self.lifetime().map_or(seconds, |lifetime| seconds.min(lifetime / 2));
        self.expires_at.is_some_and(|expires_at| expires_at.saturating_sub(now) <= seconds)
    }

    /// The lifetime of the access token, in seconds.
    fn lifetime(&self) -> Option<i64> {
        self.expires_at.map(|expires_at| expires_at.saturating_sub(self.issued_at).max(0))
    }

    /// Whether the provider issued these tokens after `other`.
    pub(super) fn is_newer_than(&self, other: &Self) -> bool {
        self.issued_at >= other.issued_at && self.access_token != other.access_token
    }

    /// Encrypts the tokens for their cookie, bound to the session.
    ///
    /// The tokens are mostly random text in base64url, so compression saves a quarter. This keeps the request's
    /// `Cookie` header below the limit of most proxies. No text that a user or attacker chooses is compressed with
    /// them, so the size reveals nothing.
    pub(crate) fn seal(&self, jose: &Jose, session: &SessionIdHash) -> Result<String, JoseError> {
        let sealed = Sealed { tokens: self, sid: session.text() };
        let json = serde_json::to_vec(&sealed).map_err(|_| JoseError::Encoding)?;
        jose.encrypt_for(Purpose::ProviderTokens, compress_to_vec(&json, COMPRESSION_LEVEL))
    }

    /// Decrypts the tokens in a cookie. Tokens of another session are rejected.
    pub(crate) fn open(jose: &Jose, session: &SessionIdHash, token: &str) -> Result<Self, JoseError> {
        let compressed = jose.decrypt_for(Purpose::ProviderTokens, token)?;
        let json =
            decompress_to_vec_with_limit(&compressed, MAX_DECOMPRESSED_BYTES).map_err(|_| JoseError::Malformed)?;
        let sealed: Sealed<Self> = serde_json::from_slice(&json).map_err(|_| JoseError::Claims)?;
        let ours = bool::from(sealed.sid.as_bytes().ct_eq(session.text().as_bytes()));
        if ours { Ok(sealed.tokens) } else { Err(JoseError::Claims) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<TokenSet> {
        TokenSet::read(serde_json::from_str(json).ok()?, 1_000)
    }

    #[test]
    fn scopes_are_parsed_from_both_names_and_all_formats() {
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
    fn values_missing_from_a_refresh_response_stay_unchanged() {
        let before = read(r#"{"access_token":"a","expires_in":100,"refresh_token":"r","scope":"account"}"#).unwrap();
        let answer = TokenSet { issued_at: 5_000, ..read(r#"{"access_token":"b"}"#).unwrap() };
        let after = before.refreshed(answer);
        assert_eq!((after.access_token, after.refresh_token), ("b".into(), Some("r".into())));
        assert_eq!((after.expires_at, after.scopes), (Some(5_100), vec!["account".to_owned()]));
        let rotated = before.refreshed(read(r#"{"access_token":"b","refresh_token":"s","expires_in":7}"#).unwrap());
        assert_eq!((rotated.refresh_token, rotated.expires_at), (Some("s".into()), Some(1_007)));
    }

    #[test]
    fn the_refresh_window_is_at_most_half_of_a_short_token_lifetime() {
        let short = read(r#"{"access_token":"a","expires_in":100}"#).unwrap();
        assert!(!short.ends_within(300, 1_049) && short.ends_within(300, 1_050));
        let long = read(r#"{"access_token":"a","expires_in":7200}"#).unwrap();
        assert!(!long.ends_within(300, 7_899) && long.ends_within(300, 7_900));
        let unknown = read(r#"{"access_token":"a"}"#).unwrap();
        assert!(!unknown.ends_within(300, i64::MAX));
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
