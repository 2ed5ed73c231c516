//! The claims that a user has in addition to the four standard fields.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Claims by name: a JSON object.
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
    /// Returns the claim as a `T`. Returns `None` if the claim is missing or is not a `T`.
    #[must_use]
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        T::deserialize(self.0.get(name)?).ok()
    }

    /// Sets a claim. A claim with the same name is replaced.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.0.insert(name.into(), value.into());
    }

    /// Removes a claim and returns its value.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// Returns all claims.
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
