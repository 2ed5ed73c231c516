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

/// Random text has no repetitions to look for, only letters to count.
const COMPRESSION_LEVEL: u8 = 1;
/// More than eight cookies of tokens can hold, in bytes.
const LARGEST_DECOMPRESSED: usize = 64 * 1024;

/// A token answer (RFC 6749, 5.1), with what is usual in the wild: null for what is absent, seconds as text or with a
/// fraction, `scope` as text or list, and Bitbucket's older `scopes`.
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

/// Whole seconds of a number or of text with one. A fraction is cut off; empty text says nothing.
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

/// What the tokens' cookie holds beside them.
#[derive(Serialize, Deserialize)]
struct Sealed<T> {
    #[serde(flatten)]
    tokens: T,
    /// The session that got them: in another one they are worth nothing.
    sid: String,
}

impl TokenSet {
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
            Some(Scopes::List(list)) => list.into_iter().flatten().collect(),
            None => Vec::new(),
        };
        let ends_at = |seconds: Option<u64>| {
            seconds.map(|seconds| now.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX)))
        };
        Some(Self {
            access_token,
            expires_at: ends_at(answer.expires_in),
            refresh_token: answer.refresh_token.map(RefreshToken::into_secret),
            refresh_token_expires_at: ends_at(answer.refresh_token_expires_in),
            token_type: "Bearer".to_owned(),
            scopes,
            issued_at: now,
        })
    }

    /// The tokens after a refresh: what the answer does not say stays as it was (RFC 6749, 6).
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

    /// Whether the access token is of no more use.
    pub(super) fn has_expired(&self, now: i64) -> bool {
        self.expires_at.is_some_and(|expires_at| now >= expires_at)
    }

    /// Whether the access token has ended or soon will: within so many seconds, or in the second half
    /// of its life if that is shorter, so that one that lives for minutes is not refreshed at every
    /// request.
    pub(super) fn ends_within(&self, seconds: i64, now: i64) -> bool {
        let seconds = self.lifetime().map_or(seconds, |lifetime| seconds.min(lifetime / 2));
        self.expires_at.is_some_and(|expires_at| expires_at.saturating_sub(now) <= seconds)
    }

    /// For how long the access token was given, in seconds.
    fn lifetime(&self) -> Option<i64> {
        self.expires_at.map(|expires_at| expires_at.saturating_sub(self.issued_at).max(0))
    }

    /// Whether these came from the provider after `other`.
    pub(super) fn is_newer_than(&self, other: &Self) -> bool {
        self.issued_at >= other.issued_at && self.access_token != other.access_token
    }

    /// The tokens as a token for their cookie, bound to the session.
    ///
    /// They are random text in base64url, mostly, so they are compressed first: a quarter less
    /// keeps the header line of a request below what proxies allow. Nothing that a person chooses
    /// is compressed along with them.
    pub(crate) fn seal(&self, jose: &Jose, session: &SessionIdHash) -> Result<String, JoseError> {
        let sealed = Sealed { tokens: self, sid: session.text() };
        let json = serde_json::to_vec(&sealed).map_err(|_| JoseError::Encoding)?;
        jose.encrypt_for(Purpose::ProviderTokens, compress_to_vec(&json, COMPRESSION_LEVEL))
    }

    /// The tokens in a cookie, if they are this session's.
    pub(crate) fn open(jose: &Jose, session: &SessionIdHash, token: &str) -> Result<Self, JoseError> {
        let compressed = jose.decrypt_for(Purpose::ProviderTokens, token)?;
        let json = decompress_to_vec_with_limit(&compressed, LARGEST_DECOMPRESSED).map_err(|_| JoseError::Malformed)?;
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
    fn what_a_refresh_does_not_say_stays_as_it_was() {
        let before = read(r#"{"access_token":"a","expires_in":100,"refresh_token":"r","scope":"account"}"#).unwrap();
        let answer = TokenSet { issued_at: 5_000, ..read(r#"{"access_token":"b"}"#).unwrap() };
        let after = before.refreshed(answer);
        assert_eq!((after.access_token.as_str(), after.refresh_token.as_deref()), ("b", Some("r")));
        assert_eq!((after.expires_at, after.scopes), (Some(5_100), vec!["account".to_owned()]));
        let rotated = before.refreshed(read(r#"{"access_token":"b","refresh_token":"s","expires_in":7}"#).unwrap());
        assert_eq!((rotated.refresh_token.as_deref(), rotated.expires_at), (Some("s"), Some(1_007)));
    }

    #[test]
    fn a_short_life_is_not_all_window() {
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
