use http::header::HeaderMap;

/// The headers with which older and newer browsers mark a request that they send before the person asks for it.
const PURPOSES: [&str; 4] = ["sec-purpose", "purpose", "x-purpose", "x-moz"];

/// Checks whether the request may start a flow: a person, or a program for them, must ask for it now. Without a click,
/// any page can make the browser prefetch a URL, or load it as an image or a script, and each flow takes room among the
/// cookies.
///
/// If the request has none of these headers, it may start a flow, because old browsers and programs do not send them.
pub(crate) fn may_begin_flow(headers: &HeaderMap) -> bool {
    let is_ahead = PURPOSES.iter().flat_map(|name| headers.get_all(*name)).any(|purpose| {
        let purpose = purpose.as_bytes().to_ascii_lowercase();
        ["prefetch", "prerender", "preview"]
            .iter()
            .any(|kind| memchr::memmem::find(&purpose, kind.as_bytes()).is_some())
    });
    let mut destinations = headers.get_all("sec-fetch-dest").iter();
    !is_ahead && destinations.all(|destination| matches!(destination.as_bytes(), b"document" | b"empty"))
}
