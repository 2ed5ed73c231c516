use http::request::Parts;
use http::{Extensions, HeaderMap, Method, Request, Uri};

/// What the api needs of a request: its headers, and what else of it is at hand.
///
/// It is implemented for [`HeaderMap`], [`Parts`] and [`Request`].
pub trait RequestHead {
    /// The headers.
    fn headers(&self) -> &HeaderMap;

    /// The request's method, if it is at hand.
    fn method(&self) -> Option<&Method> {
        None
    }

    /// The request's URI; HTTP/2 has the host there.
    fn uri(&self) -> Option<&Uri> {
        None
    }

    /// The extensions; the layer leaves there what it has found out.
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
