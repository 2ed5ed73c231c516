use http::Method;
use http::header::{HeaderMap, HeaderName};

use crate::operation::{SERVER_FUNCTION_PREFIX, TOKEN_FUNCTION_PREFIX};

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const DESTINATION: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// The paths to which other sites' pages may only navigate (W3C, Fetch Metadata Request Headers). They may link to a
/// page, but not load it as an image, as a script or by `fetch`.
#[derive(Debug, Default)]
pub(crate) struct Isolation {
    /// The exempt paths, if the whole app is isolated.
    pub(crate) app: Option<Vec<String>>,
}

impl Isolation {
    /// Checks whether a request comes from another site, is no navigation, and asks for an isolated path.
    pub(crate) fn refuses(&self, method: &Method, path: &str, headers: &HeaderMap, base_path: &str) -> bool {
        *method != Method::OPTIONS
            && is_foreign(headers)
            && !is_navigation(method, headers)
            && self.covers(path, base_path)
    }

    fn covers(&self, path: &str, base_path: &str) -> bool {
        if is_below(path, base_path) {
            return !is_below(path, &format!("{base_path}/.well-known"));
        }
        if [SERVER_FUNCTION_PREFIX, TOKEN_FUNCTION_PREFIX].iter().any(|prefix| path.starts_with(prefix)) {
            return true;
        }
        self.app.as_ref().is_some_and(|exempt| !exempt.iter().any(|exempt| is_below(path, exempt)))
    }
}

fn is_below(path: &str, parent: &str) -> bool {
    path.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Checks whether the browser says that a page of another site or host sent the request. Old browsers and programs do
/// not send the header. If the header is repeated, one foreign value is enough.
fn is_foreign(headers: &HeaderMap) -> bool {
    headers.get_all(SITE).iter().any(|site| !matches!(site.as_bytes(), b"same-origin" | b"none"))
}

/// Checks whether the browser opens the page in a tab or a frame. Then the page that caused it can't read the response.
fn is_navigation(method: &Method, headers: &HeaderMap) -> bool {
    let is =
        |name: &HeaderName, fits: &dyn Fn(&[u8]) -> bool| headers.get(name).is_some_and(|value| fits(value.as_bytes()));
    matches!(*method, Method::GET | Method::HEAD)
        && is(&MODE, &|mode| mode == b"navigate")
        && !is(&DESTINATION, &|destination| matches!(destination, b"object" | b"embed"))
}
