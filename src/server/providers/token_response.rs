use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use oauth2::HttpResponse;
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::server::providers::http_client::{FORM, HttpError, JSON, media_type};
use crate::server::providers::provider::Provider;

/// Converts a token response into the form of RFC 6749 (5.1), the only one that the `oauth2` crate accepts. An error
/// response (5.2) becomes an error.
pub(super) fn standardized(provider: &Provider, mut answer: HttpResponse) -> Result<HttpResponse, HttpError> {
    let status = answer.status();
    if media_type(answer.headers()).eq_ignore_ascii_case(FORM) {
        *answer.body_mut() = json_of_form(answer.body()).to_string().into_bytes();
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    }
    if !status.is_success() || provider.errors_with_200 {
        let json: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        let member = |name| json.get(name).and_then(Value::as_str).map(str::to_owned);
        if let Some(error) = member("error") {
            let description = member("error_description").unwrap_or_default();
            return Err(HttpError::ErrorAnswer { status: status.as_u16(), error, description });
        }
    }
    if !status.is_success() {
        return Err(HttpError::Refused(status.as_u16()));
    }
    // The `oauth2` crate treats any status other than 200 as an error.
    *answer.status_mut() = StatusCode::OK;
    Ok(answer)
}

fn json_of_form(form: &[u8]) -> Value {
    let member = |(name, text): (String, String)| {
        let number = text.parse::<u64>().ok().filter(|_| name.ends_with("expires_in"));
        (name, number.map_or(Value::String(text), Value::from))
    };
    form_urlencoded::parse(form).into_owned().map(member).collect::<Map<_, _>>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_encoded_response_is_converted_to_json() {
        let form =
            b"access_token=gho_1&expires_in=28800&refresh_token=77&scope=read%3Auser%2Cuser%3Aemail&token_type=bearer";
        assert_eq!(
            json_of_form(form),
            serde_json::json!({ "access_token": "gho_1", "expires_in": 28800, "refresh_token": "77",
                "scope": "read:user,user:email", "token_type": "bearer" })
        );
    }
}
