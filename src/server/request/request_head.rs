use http::request::Parts;
use http::{Extensions, HeaderMap, Method, Request, Uri};

/// The head of a request: the headers, and whatever else the caller has.
///
/// It is implemented for [`HeaderMap`], [`Parts`] and [`Request`].
pub trait RequestHead {
    /// Returns the headers.
    fn headers(&self) -> &HeaderMap;

    /// Returns the request's method, if the caller has it.
    fn method(&self) -> Option<&Method> {
        None
    }

    /// Returns the request's URI, if the caller has it. In HTTP/2, it names the host.
    fn uri(&self) -> Option<&Uri> {
        None
    }

    /// Returns the extensions, if the caller has them. The layer stores the request's context there.
    fn extensions(&self) -> Option<&Extensions> {
        None
    }
}

impl RequestHead for HeaderMap {
    fn headers(&self) -> &HeaderMap {
        self
    }
}

impl RequestHead for Parts {
    fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    fn method(&self) -> Option<&Method> {
        Some(&self.method)
    }

    fn uri(&self) -> Option<&Uri> {
        Some(&self.uri)
    }

    fn extensions(&self) -> Option<&Extensions> {
        Some(&self.extensions)
    }
}

impl<B> RequestHead for Request<B> {
    fn headers(&self) -> &HeaderMap {
        self.headers()
    }

    fn method(&self) -> Option<&Method> {
        Some(self.method())
    }

    fn uri(&self) -> Option<&Uri> {
        Some(self.uri())
    }

    fn extensions(&self) -> Option<&Extensions> {
        Some(self.extensions())
    }
}
