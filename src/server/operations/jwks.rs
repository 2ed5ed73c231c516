use serde::Serialize;
use serde_json::{Value, json};

use crate::server::operations::{Api, Reply, ReplyBody};

/// The public keys that verify sessions (RFC 7517).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct JsonWebKeySet {
    /// The keys as JSON. The list is empty unless a private key signs the sessions.
    pub keys: Vec<Value>,
}

impl ReplyBody for JsonWebKeySet {
    fn success(&self) -> impl Serialize {
        json!({ "keys": self.keys })
    }

    fn failure() -> Value {
        json!({ "keys": [] })
    }
}

impl Api {
    /// Returns the public keys with which other services verify sessions. `GET {base_path}/.well-known/jwks.json`
    /// serves them.
    pub fn jwks(&self) -> Reply<JsonWebKeySet> {
        let keys = self.0.jose.public_key().and_then(|jwk| serde_json::to_value(jwk).ok());
        Reply::without_request(Ok(JsonWebKeySet { keys: keys.into_iter().collect() }))
    }
}
