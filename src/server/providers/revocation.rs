use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Method};
use oauth2::HttpRequest;
use url::{Url, form_urlencoded};

use crate::TokenSet;
use crate::server::providers::provider::{AuthMethod, Provider};

/// The requests, one after the other, that revoke tokens at an address.
pub(crate) type Revocation = fn(&Provider, &Url, &TokenSet) -> Result<Vec<HttpRequest>, http::Error>;

/// By RFC 7009: the refresh token, which ends the access token with it where the provider follows the RFC's
/// advice (2.1), and then the access token all the same.
///
/// The `oauth2` crate's own `revoke_token` refuses an `http` URL, which a provider on this machine has in tests
/// and demos.
pub(super) fn rfc_7009(provider: &Provider, url: &Url, tokens: &TokenSet) -> Result<Vec<HttpRequest>, http::Error> {
    let refresh_token = tokens.refresh_token.as_deref().map(|token| (token, "refresh_token"));
    let access_token = (tokens.access_token.as_str(), "access_token");
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
