//! What a user has beside the four fields that every user has.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Claims by their names: a JSON object.
///
/// ```
/// use aura_auth::Claims;
///
/// let mut claims = Claims::default();
/// claims.insert("role", "admin");
/// claims.insert("teams", vec!["red", "blue"]);
/// assert_eq!(claims.get::<Vec<String>>("teams").unwrap(), ["red", "blue"]);
/// assert_eq!(claims.get::<u32>("role"), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// A claim, if it is there and is a `T`.
    #[must_use]
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        T::deserialize(self.0.get(name)?).ok()
    }

    /// Adds a claim, in place of one with this name.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.0.insert(name.into(), value.into());
    }

    /// Takes a claim away.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// All claims.
    #[must_use]
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }
}

impl From<Map<String, Value>> for Claims {
    fn from(claims: Map<String, Value>) -> Self {
        Self(claims)
    }
}

impl From<Claims> for Map<String, Value> {
    fn from(claims: Claims) -> Self {
        claims.0
    }
}

impl Extend<(String, Value)> for Claims {
    fn extend<I: IntoIterator<Item = (String, Value)>>(&mut self, claims: I) {
        self.0.extend(claims);
    }
}
