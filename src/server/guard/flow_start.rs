use http::header::HeaderMap;

/// What browsers of several ages call a request that they send ahead, in case its answer is wanted.
const PURPOSES: [&str; 4] = ["sec-purpose", "purpose", "x-purpose", "x-moz"];

/// Whether the request may begin a flow: a person, or a program for them, asks for it now. What a browser sends ahead,
/// or for an image or a script, any page can cause without a click, and each flow takes room among the cookies.
///
/// Where the request says nothing of that, it may: old browsers and programs.
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
