use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Members(pub(super) Map<String, Value>);

impl Members {
    pub(super) fn get<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        T::deserialize(self.0.get(name)?).ok()
    }

    pub(super) fn insert(&mut self, name: String, value: Value) {
        self.0.insert(name, value);
    }

    pub(super) fn insert_text(&mut self, name: &str, text: Option<&str>) {
        self.insert(name.to_owned(), text.into());
    }

    pub(super) fn map(&self) -> Cow<'_, Map<String, Value>> {
        Cow::Borrowed(&self.0)
    }

    pub(super) fn from_map(members: Map<String, Value>) -> Self {
        Self(members)
    }
}
