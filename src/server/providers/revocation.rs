use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Method};
use oauth2::HttpRequest;
use url::{Url, form_urlencoded};

use crate::TokenSet;
use crate::server::providers::provider::{AuthMethod, Provider};

/// Builds the requests that revoke tokens at a URL, in the order to send them.
pub(crate) type Revocation = fn(&Provider, &Url, &TokenSet) -> Result<Vec<HttpRequest>, http::Error>;

/// Revokes tokens by RFC 7009. The refresh token is first: the RFC advises providers to revoke the access token with it
/// (2.1). The access token follows, because not every provider does so.
///
/// The `oauth2` crate's `revoke_token` rejects `http` URLs, but tests and demos use a provider on loopback.
pub(super) fn rfc_7009(provider: &Provider, url: &Url, tokens: &TokenSet) -> Result<Vec<HttpRequest>, http::Error> {
    let refresh_token = tokens.refresh_token.as_ref().map(|token| (token.expose(), "refresh_token"));
    let access_token = (tokens.access_token.expose(), "access_token");
    let request = |(token, hint)| {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("token", token).append_pair("token_type_hint", hint);
        let request = match provider.auth_method {
            AuthMethod::Basic => provider.request_with_basic(Method::POST, url),
            AuthMethod::Body => {
                form.append_pair("client_id", &provider.client_id);
                form.append_pair("client_secret", provider.client_secret.expose());
                http::Request::builder().method(Method::POST).uri(url.as_str())
            }
        };
        request
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .header(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))
            .body(form.finish().into_bytes())
    };
    refresh_token.into_iter().chain([access_token]).map(request).collect()
}
