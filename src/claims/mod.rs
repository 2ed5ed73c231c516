//! What a user has beside the four fields that every user has.

#[cfg(all(target_family = "wasm", feature = "hydrate"))]
mod in_browser;
#[cfg(not(all(target_family = "wasm", feature = "hydrate")))]
mod in_program;

#[cfg(all(target_family = "wasm", feature = "hydrate"))]
use self::in_browser::Members;
#[cfg(not(all(target_family = "wasm", feature = "hydrate")))]
use self::in_program::Members;

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
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
// A map of any JSON is 3 KB of the browser's half, so what claims are kept in is not the same there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims(Members);

impl Claims {
    /// A claim, if it is there and is a `T`.
    #[must_use]
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        self.0.get(name)
    }

    /// Adds a claim, in place of one with this name.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.0.insert(name.into(), value.into());
    }

    /// Adds a claim that is text, or null.
    pub(crate) fn insert_text(&mut self, name: &str, text: Option<&str>) {
        self.0.insert_text(name, text);
    }

    /// All of them, in no order that means anything.
    #[must_use]
    pub fn to_map(&self) -> Map<String, Value> {
        self.map().into_owned()
    }

    /// All of them, without a copy where they are a map.
    pub(crate) fn map(&self) -> Cow<'_, Map<String, Value>> {
        self.0.map()
    }
}

impl From<Map<String, Value>> for Claims {
    fn from(claims: Map<String, Value>) -> Self {
        Self(Members::from_map(claims))
    }
}

impl Serialize for Claims {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.map().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Claims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(feature = "server")]
impl Claims {
    pub(crate) fn extend(&mut self, others: Self) {
        self.0.0.extend(others.0.0);
    }
}

#[cfg(all(target_family = "wasm", feature = "hydrate"))]
pub(crate) use self::in_browser::{from_object, to_object};
