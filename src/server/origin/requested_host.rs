use http::header::{HOST, HeaderMap, HeaderName};

use crate::AuthError;

/// Returns the host of the request target (`:authority` in HTTP/2) or of the `Host` header.
pub(crate) fn requested_host<'a>(
    headers: &'a HeaderMap,
    authority: Option<&'a str>,
) -> Result<Option<&'a str>, AuthError> {
    match (single(headers, &HOST).transpose()?, authority) {
        // RFC 9112, 3.2.2 gives precedence to the request target. An honest client sends the same host in both, so a
        // difference is rejected.
        (Some(host), Some(authority)) if !host.eq_ignore_ascii_case(authority) => Err(AuthError::MisdirectedRequest),
        (host, authority) => Ok(host.or(authority)),
    }
}

/// Returns the value of a header that may occur only once.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<Result<&'a str, AuthError>> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    Some(match (first.to_str(), values.next()) {
        (Ok(value), None) => Ok(value),
        _ => Err(AuthError::MisdirectedRequest),
    })
}
