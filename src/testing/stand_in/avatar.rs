use axum::response::IntoResponse;
use http::Uri;
use http::header::{CONTENT_TYPE, HOST, HeaderMap};

/// The path of the avatar.
pub(super) const PATH: &str = "/avatar.svg";

/// Returns the avatar. All accounts share this one, so that no page loads an image from another site.
pub(super) async fn avatar() -> impl IntoResponse {
    let image = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 96 96'><rect width='96' height='96' fill='#0c66e4'/>\
                 <circle cx='48' cy='38' r='17' fill='white'/><path d='M14 96a34 34 0 0 1 68 0z' fill='white'/></svg>";
    ([(CONTENT_TYPE, "image/svg+xml")], image)
}

/// Returns the avatar's URL, given a request to the endpoint at `path`. The router may be nested anywhere.
pub(super) fn url(headers: &HeaderMap, uri: &Uri, path: &str) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let base = uri.path().strip_suffix(path).unwrap_or_default();
    format!("http://{host}{base}{PATH}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_avatar_url_is_next_to_the_endpoints_wherever_they_are_nested() {
        let headers = HeaderMap::from_iter([(HOST, http::HeaderValue::from_static("127.0.0.1:3000"))]);
        for (uri, expected) in [
            ("/2.0/user", "http://127.0.0.1:3000/avatar.svg"),
            ("/_bitbucket/2.0/user?x", "http://127.0.0.1:3000/_bitbucket/avatar.svg"),
        ] {
            assert_eq!(url(&headers, &Uri::from_static(uri), "/2.0/user"), expected);
        }
    }
}
