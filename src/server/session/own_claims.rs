//! What a session has of this library's own, in one claim: whoever else shares the secret has none of this name.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Claims;
use crate::server::session::session_claims::ProviderTokenParts;

/// The claim's name.
pub(super) const OWN_CLAIMS: &str = "aura_auth_rs";

/// The claim, to be written.
#[derive(Serialize)]
pub(super) struct OwnClaims<'a> {
    /// The provider of the account that the person has signed in with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) provider: Option<&'a str>,
    /// The account's identifier, where `sub` is another: most people have one, and the cookie goes along with every
    /// request.
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
    /// Takes out of an app's claims what this library's first release wrote beside them. A value of another type is the
    /// app's.
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

/// Takes values of another type than this library writes out of the claim: they are nobody's, and the session goes on.
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
