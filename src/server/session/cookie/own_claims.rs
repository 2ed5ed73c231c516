//! This library's own values in a session. They are in one claim; other programs with the secret use no claim of its
//! name.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Claims;
use crate::server::session::ProviderTokenParts;

/// The claim's name.
pub(super) const OWN_CLAIMS: &str = "aura_auth_rs";

/// The claim, for writing.
#[derive(Serialize)]
pub(super) struct OwnClaims<'a> {
    /// The provider of the account that the person signed in with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) provider: Option<&'a str>,
    /// The account's identifier, if it differs from `sub`. Most people have one identifier, and the browser sends the
    /// cookie with every request, so it should be short.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) subject: Option<&'a str>,
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) version: u32,
    #[serde(skip_serializing_if = "ProviderTokenParts::is_empty")]
    pub(super) tokens: &'a ProviderTokenParts,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The claim as it was read.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ReadOwnClaims {
    pub(super) provider: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) version: u32,
    pub(super) tokens: ProviderTokenParts,
}

impl ReadOwnClaims {
    /// Removes from the app's claims the values that this library's first release wrote there, and returns them. A
    /// value of another type is the app's, and stays.
    pub(super) fn of_first_release(claims: &mut Claims) -> Self {
        fn take<T: DeserializeOwned>(claims: &mut Claims, name: &str) -> Option<T> {
            let value = claims.get(name)?;
            claims.remove(name);
            Some(value)
        }
        Self {
            provider: take(claims, "auth_provider"),
            subject: take(claims, "auth_subject"),
            version: take(claims, "auth_version").unwrap_or_default(),
            tokens: take(claims, "provider_tokens").unwrap_or_default(),
        }
    }
}

/// Removes values from the claim whose type is wrong. This library did not write them, and the session is valid without
/// them.
pub(super) fn remove_wrong_types(claims: &mut Map<String, Value>) {
    let Some(own) = claims.get_mut(OWN_CLAIMS) else { return };
    match own {
        Value::Object(members) => members.retain(|name, value| {
            let alone = Map::from_iter([(name.clone(), value.clone())]);
            ReadOwnClaims::deserialize(Value::Object(alone)).is_ok()
        }),
        _ => {
            claims.remove(OWN_CLAIMS);
        }
    }
}
