use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::server::jose::JoseError;

/// The claims of a token that is being created, in the payload's order, each value as JSON text. A token's bytes depend
/// on the order, and `serde_json`'s own map sorts its members.
#[derive(Default)]
pub(super) struct OrderedClaims(Vec<(String, Box<RawValue>)>);

impl OrderedClaims {
    /// Reads the members of a payload.
    ///
    /// # Errors
    ///
    /// [`JoseError::Payload`] if the payload is not a JSON object or is empty.
    pub(super) fn of(payload: &impl Serialize) -> Result<Self, JoseError> {
        let json = serde_json::to_string(payload).map_err(|_| JoseError::Payload)?;
        let claims: Self = serde_json::from_str(&json).map_err(|_| JoseError::Payload)?;
        if claims.0.is_empty() { Err(JoseError::Payload) } else { Ok(claims) }
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|(found, _)| found == name)
    }

    /// Sets a claim. A claim with the same name is replaced at its place.
    pub(super) fn insert(&mut self, name: &str, value: impl Into<Value>) -> Result<(), JoseError> {
        let value = to_raw_value(&value.into()).map_err(|_| JoseError::Encoding)?;
        self.put(name.to_owned(), value);
        Ok(())
    }

    fn put(&mut self, name: String, value: Box<RawValue>) {
        match self.0.iter_mut().find(|(found, _)| *found == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }
}

impl Serialize for OrderedClaims {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de> Deserialize<'de> for OrderedClaims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ClaimsVisitor;

        impl<'de> Visitor<'de> for ClaimsVisitor {
            type Value = OrderedClaims;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<OrderedClaims, A::Error> {
                let mut claims = OrderedClaims::default();
                while let Some((name, value)) = map.next_entry()? {
                    claims.put(name, value);
                }
                Ok(claims)
            }
        }

        deserializer.deserialize_map(ClaimsVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_and_their_members_keep_their_order() {
        let payload: Box<RawValue> =
            serde_json::from_str(r#"{"z":{"y":1,"a":[2.50]},"jti":"old","a":"\u00e9","z2":null}"#).unwrap();
        let mut claims = OrderedClaims::of(&payload).unwrap();
        claims.insert("iat", 7).unwrap();
        claims.insert("jti", "new").unwrap();
        let json = serde_json::to_string(&claims).unwrap();
        assert_eq!(json, r#"{"z":{"y":1,"a":[2.50]},"jti":"new","a":"\u00e9","z2":null,"iat":7}"#);
        assert!(claims.contains("z2") && !claims.contains("y"));
    }
}
