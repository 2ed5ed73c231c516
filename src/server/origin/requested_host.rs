use http::header::{HOST, HeaderMap, HeaderName};

use crate::AuthError;

/// The host of the target (HTTP/2's `:authority`) or of `Host`.
pub(crate) fn requested_host<'a>(
    headers: &'a HeaderMap,
    authority: Option<&'a str>,
) -> Result<Option<&'a str>, AuthError> {
    match (single(headers, &HOST).transpose()?, authority) {
        // RFC 9112, 3.2.2, wants the target's; a client that means well sends the same twice.
        (Some(host), Some(authority)) if !host.eq_ignore_ascii_case(authority) => Err(AuthError::MisdirectedRequest),
        (host, authority) => Ok(host.or(authority)),
    }
}

/// The value of a header that may be there once only.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<Result<&'a str, AuthError>> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    Some(match (first.to_str(), values.next()) {
        (Ok(value), None) => Ok(value),
        _ => Err(AuthError::MisdirectedRequest),
    })
}
