//! JSON that was received: read member by member, by the browser's own parser there. What serde derives
//! for a type is larger than all of this, and there would be one for each.

#[cfg(all(target_family = "wasm", feature = "hydrate"))]
pub(crate) use self::in_browser::Json;
#[cfg(not(all(target_family = "wasm", feature = "hydrate")))]
pub(crate) use self::in_program::Json;

#[cfg(not(all(target_family = "wasm", feature = "hydrate")))]
mod in_program {
    use serde_json::Value;

    /// Some JSON.
    #[derive(Clone, Debug)]
    pub(crate) struct Json(Value);

    impl Json {
        pub(crate) const NULL: Self = Self(Value::Null);

        pub(crate) fn parse(text: &str) -> Option<Self> {
            serde_json::from_str(text).ok().map(Self)
        }

        pub(crate) fn get(&self, name: &str) -> Option<Self> {
            self.0.get(name).cloned().map(Self)
        }

        pub(crate) fn text(&self, name: &str) -> Option<String> {
            Some(self.0.get(name)?.as_str()?.to_owned())
        }

        pub(crate) fn is_null(&self) -> bool {
            self.0.is_null()
        }

        pub(crate) fn into_value(self) -> Value {
            self.0
        }
    }

    // What the Leptos side alone reads.
    #[cfg(feature = "ssr")]
    impl Json {
        pub(crate) fn number(&self, name: &str) -> Option<f64> {
            self.0.get(name)?.as_f64()
        }

        pub(crate) fn boolean(&self, name: &str) -> Option<bool> {
            self.0.get(name)?.as_bool()
        }

        pub(crate) fn texts(&self, name: &str) -> Option<Vec<String>> {
            self.0.get(name)?.as_array()?.iter().map(|item| Some(item.as_str()?.to_owned())).collect()
        }
    }
}

#[cfg(all(target_family = "wasm", feature = "hydrate"))]
mod in_browser {
    use js_sys::{Array, JSON, Object, Reflect};
    use serde_json::{Map, Number, Value};
    use wasm_bindgen::{JsCast as _, JsValue};

    /// Some JSON, or another value of the browser's. Its properties are read and set by their names: each
    /// getter of `web-sys` would be a function in the wasm and one in its script.
    #[derive(Clone, Debug)]
    pub(crate) struct Json(pub(crate) JsValue);

    impl Json {
        pub(crate) const NULL: Self = Self(JsValue::NULL);

        pub(crate) fn parse(text: &str) -> Option<Self> {
            JSON::parse(text).ok().map(Self)
        }

        pub(crate) fn get(&self, name: &str) -> Option<Self> {
            // Null has no members, and says so by an exception.
            let value = Reflect::get(&self.0, &name.into()).ok()?;
            (!value.is_undefined()).then_some(Self(value))
        }

        pub(crate) fn text(&self, name: &str) -> Option<String> {
            self.get(name)?.0.as_string()
        }

        pub(crate) fn number(&self, name: &str) -> Option<f64> {
            self.get(name)?.0.as_f64()
        }

        pub(crate) fn boolean(&self, name: &str) -> Option<bool> {
            self.get(name)?.0.as_bool()
        }

        pub(crate) fn texts(&self, name: &str) -> Option<Vec<String>> {
            let items = self.get(name)?.0;
            let mut texts = Vec::new();
            for item in items.dyn_ref::<Array>()?.iter() {
                texts.push(item.as_string()?);
            }
            Some(texts)
        }

        pub(crate) fn is_null(&self) -> bool {
            self.0.is_null()
        }

        pub(crate) fn object() -> Self {
            Self(Object::new().into())
        }

        /// Sets a member of an object.
        pub(crate) fn set(&self, name: &str, value: impl Into<JsValue>) {
            let _ = Reflect::set(&self.0, &name.into(), &value.into());
        }

        /// Takes a member away.
        pub(crate) fn remove(&self, name: &str) {
            let _ = Reflect::delete_property(self.0.unchecked_ref::<Object>(), &name.into());
        }

        pub(crate) fn write(&self) -> String {
            JSON::stringify(&self.0).map(String::from).unwrap_or_default()
        }

        pub(crate) fn into_value(self) -> Value {
            read(&self.0)
        }
    }

    fn read(value: &JsValue) -> Value {
        if let Some(text) = value.as_string() {
            Value::String(text)
        } else if let Some(boolean) = value.as_bool() {
            Value::Bool(boolean)
        } else if let Some(number) = value.as_f64() {
            #[expect(clippy::cast_possible_truncation, reason = "what is not whole is compared")]
            let whole = number as i64;
            #[expect(clippy::cast_precision_loss, reason = "what is lost is compared")]
            let is_whole = whole as f64 == number;
            let number = if is_whole { Some(whole.into()) } else { Number::from_f64(number) };
            number.map_or(Value::Null, Value::Number)
        } else if Array::is_array(value) {
            Value::Array(Array::from(value).iter().map(|item| read(&item)).collect())
        } else if let Some(object) = value.dyn_ref::<Object>() {
            let mut members = Map::new();
            for entry in Object::entries(object).iter() {
                let entry: Array = entry.unchecked_into();
                members.insert(entry.get(0).as_string().unwrap_or_default(), read(&entry.get(1)));
            }
            Value::Object(members)
        } else {
            Value::Null
        }
    }

    pub(crate) fn make(value: Value) -> JsValue {
        match value {
            Value::Null => JsValue::NULL,
            Value::Bool(boolean) => boolean.into(),
            Value::Number(number) => number.as_f64().into(),
            Value::String(text) => text.into(),
            Value::Array(items) => items.into_iter().map(make).collect::<Array>().into(),
            Value::Object(members) => {
                let object = Json::object();
                for (name, value) in members {
                    object.set(&name, make(value));
                }
                object.0
            }
        }
    }
}

#[cfg(all(target_family = "wasm", feature = "hydrate"))]
pub(crate) use self::in_browser::make;
