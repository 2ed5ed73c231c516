use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use wasm_bindgen::JsValue;

use super::Claims;
use crate::json::{Json, make};

/// The object as JSON text; no text is no members.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Members(String);

impl Members {
    pub(super) fn get<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_value(self.object().get(name)?.into_value()).ok()
    }

    #[expect(clippy::needless_pass_by_value, reason = "a program keeps the name")]
    pub(super) fn insert(&mut self, name: String, value: Value) {
        self.put(&name, make(value));
    }

    // Without a `Value`, which is most of what sets a field.
    pub(super) fn insert_text(&mut self, name: &str, text: Option<&str>) {
        self.put(name, text.map_or(JsValue::NULL, JsValue::from_str));
    }

    fn put(&mut self, name: &str, value: JsValue) {
        let object = self.object();
        object.set(name, value);
        self.0 = object.write();
    }

    pub(super) fn map(&self) -> Cow<'_, Map<String, Value>> {
        match self.object().into_value() {
            Value::Object(members) => Cow::Owned(members),
            _ => Cow::default(),
        }
    }

    pub(super) fn from_map(members: Map<String, Value>) -> Self {
        if members.is_empty() { Self::default() } else { Self(Json(make(Value::Object(members))).write()) }
    }

    fn object(&self) -> Json {
        Json::parse(&self.0).unwrap_or_else(Json::object)
    }
}

/// What an object has beside these members.
pub(crate) fn from_object(object: &Json, besides: &[&str]) -> Claims {
    let Some(rest) = Json::parse(&object.write()) else { return Claims::default() };
    besides.iter().for_each(|name| rest.remove(name));
    let rest = rest.write();
    Claims(if rest == "{}" { Members::default() } else { Members(rest) })
}

/// An object of its own.
pub(crate) fn to_object(claims: &Claims) -> Json {
    claims.0.object()
}
