use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use oauth2::HttpResponse;
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::server::providers::http_client::{FORM, JSON, media_type};
use crate::server::providers::provider::Provider;

/// Puts a token endpoint's answer into the form of RFC 6749 (5.1 and 5.2), which alone the `oauth2` crate reads:
/// JSON, and a status of its own for an error.
pub(super) fn standardized(provider: &Provider, mut answer: HttpResponse) -> HttpResponse {
    if media_type(answer.headers()).eq_ignore_ascii_case(FORM) {
        *answer.body_mut() = json_of_form(answer.body()).to_string().into_bytes();
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    }
    if provider.errors_with_200 && answer.status() == StatusCode::OK && is_error(answer.body()) {
        *answer.status_mut() = StatusCode::BAD_REQUEST;
    }
    answer
}

fn json_of_form(form: &[u8]) -> Value {
    let member = |(name, text): (String, String)| {
        let number = text.parse::<u64>().ok().filter(|_| name.ends_with("expires_in"));
        (name, number.map_or(Value::String(text), Value::from))
    };
    form_urlencoded::parse(form).into_owned().map(member).collect::<Map<_, _>>().into()
}

fn is_error(json: &[u8]) -> bool {
    serde_json::from_slice::<Value>(json).is_ok_and(|answer| answer.get("error").is_some_and(Value::is_string))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_the_json_it_stands_for() {
        let form =
            b"access_token=gho_1&expires_in=28800&refresh_token=77&scope=read%3Auser%2Cuser%3Aemail&token_type=bearer";
        assert_eq!(
            json_of_form(form),
            serde_json::json!({ "access_token": "gho_1", "expires_in": 28800, "refresh_token": "77",
                "scope": "read:user,user:email", "token_type": "bearer" })
        );
    }
}
