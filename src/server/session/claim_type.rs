use serde_json::{Number, Value};

/// The longest text of a claim that people may change, in characters.
const MAX_TEXT_CHARS: usize = 256;

/// The type of a claim that people may change
/// ([`SessionConfig::editable_claims`](crate::SessionConfig::editable_claims)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClaimType {
    /// Text of at most 256 characters, without control characters.
    Text,
    /// A whole number that fits into a signed 64-bit integer.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`. A form may also send `on`, `1`, `yes` or `off`, `0`, `no`.
    Boolean,
}

impl ClaimType {
    /// Checks whether a JSON value has this type. Null has every type, because it removes the claim.
    pub(crate) fn accepts(self, value: &Value) -> bool {
        match (self, value) {
            (_, Value::Null) => true,
            (Self::Text, Value::String(text)) => {
                text.chars().count() <= MAX_TEXT_CHARS && !text.chars().any(char::is_control)
            }
            (Self::Integer, Value::Number(number)) => number.is_i64(),
            (Self::Number, Value::Number(_)) | (Self::Boolean, Value::Bool(_)) => true,
            _ => false,
        }
    }

    /// Reads a form field's text as a value of this type. An empty field becomes null.
    pub(crate) fn parse(self, text: &str) -> Option<Value> {
        if text.is_empty() {
            return Some(Value::Null);
        }
        match self {
            Self::Text => Some(text.into()),
            Self::Integer => text.trim().parse::<i64>().ok().map(Value::from),
            Self::Number => text.trim().parse().ok().and_then(Number::from_f64).map(Value::Number),
            Self::Boolean => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "on" | "1" | "yes" => Some(true.into()),
                "false" | "off" | "0" | "no" => Some(false.into()),
                _ => None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_becomes_a_value_of_the_declared_type() {
        for (claim_type, text, value) in [
            (ClaimType::Text, "dark", Some(json!("dark"))),
            (ClaimType::Text, "", Some(Value::Null)),
            (ClaimType::Integer, "-7", Some(json!(-7))),
            (ClaimType::Integer, "7.5", None),
            (ClaimType::Integer, "99999999999999999999", None),
            (ClaimType::Number, "7.5", Some(json!(7.5))),
            (ClaimType::Number, "NaN", None),
            (ClaimType::Number, "inf", None),
            (ClaimType::Boolean, "on", Some(json!(true))),
            (ClaimType::Boolean, "False", Some(json!(false))),
            (ClaimType::Boolean, "maybe", None),
        ] {
            assert_eq!(claim_type.parse(text), value, "{claim_type:?} {text}");
        }
    }

    #[test]
    fn a_value_of_another_type_is_not_accepted() {
        let long = "x".repeat(MAX_TEXT_CHARS + 1);
        for (claim_type, value, accepted) in [
            (ClaimType::Text, json!("dark"), true),
            (ClaimType::Text, json!(null), true),
            (ClaimType::Text, json!(7), false),
            (ClaimType::Text, json!(long), false),
            (ClaimType::Text, json!("a\nb"), false),
            (ClaimType::Integer, json!(7), true),
            (ClaimType::Integer, json!(7.5), false),
            (ClaimType::Integer, json!(u64::MAX), false),
            (ClaimType::Number, json!(7.5), true),
            (ClaimType::Boolean, json!("true"), false),
            (ClaimType::Boolean, json!({ "a": [1] }), false),
        ] {
            assert_eq!(claim_type.accepts(&value), accepted, "{claim_type:?} {value}");
        }
    }
}
