use leptos::server_fn::Bytes;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde_json::Value;

use crate::AuthError;

/// Errors between the browser and a server function become an `AuthError` too.
impl FromServerFnError for AuthError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let error = match error {
            ServerFnErrorErr::Request(_) => Self::ServerUnreachable,
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => Self::InvalidParameters,
            _ => Self::ServerError,
        };
        // Arguments that can't be parsed are the caller's fault, but `server_fn` would answer 500.
        #[cfg(feature = "ssr")]
        crate::leptos::request::set_status(error);
        error
    }

    /// Parses an error from its code. If the layer rejects a request, the server function does not run. The response
    /// then has the error format of the endpoints.
    fn de(data: Bytes) -> Self {
        let answer: Value = serde_json::from_slice(&data).unwrap_or_default();
        let of_endpoint = || answer["error"]["code"].as_str().or_else(|| answer["code"].as_str());
        let code = answer.as_str().or_else(of_endpoint);
        code.and_then(Self::from_code).unwrap_or(Self::ServerError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_is_parsed_from_every_kind_of_error_response() {
        for (answer, expected) in [
            (r#""SESSION_NOT_FOUND""#, AuthError::SessionNotFound),
            (
                r#"{"success":false,"error":{"code":"CSRF_ORIGIN_REJECTED","message":"x"}}"#,
                AuthError::CsrfOriginRejected,
            ),
            (
                r#"{"success":false,"error":"Too Many Requests","code":"RATE_LIMIT_EXCEEDED","message":"x"}"#,
                AuthError::RateLimited,
            ),
            ("<html>Bad Gateway</html>", AuthError::ServerError),
            (r#""Call us now""#, AuthError::ServerError),
            ("", AuthError::ServerError),
        ] {
            assert_eq!(AuthError::de(Bytes::from_static(answer.as_bytes())), expected, "{answer}");
        }
    }

    #[test]
    fn an_error_is_unchanged_after_encoding_and_decoding() {
        for &error in AuthError::ALL {
            assert_eq!(AuthError::de(error.ser()), error);
        }
    }
}
