//! A redirect target stays in the app, checked with a parser of the URL standard.
#![no_main]

use std::sync::OnceLock;

use aura_auth::Auth;
use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|wanted: &str| {
    static AUTH: OnceLock<Auth> = OnceLock::new();
    let auth = AUTH.get_or_init(aura_auth_fuzz::auth);
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_static("localhost:3000"));
    let Some(path) = auth.api().own_path(&headers, wanted) else { return };
    for page in ["http://localhost:3000/", "http://localhost:3000/a/b?c#d", "http://localhost:3000//x"] {
        let page = Url::parse(page).unwrap();
        // Neither the result nor the input leads to another site.
        for text in [&*path, wanted] {
            let target = page.join(text).unwrap();
            assert_eq!(target.origin(), page.origin(), "{wanted:?} became {path:?}");
            assert!(target.username().is_empty() && target.password().is_none(), "{wanted:?}");
        }
        let target = page.join(&path).unwrap();
        assert!(!target.path().starts_with("//"), "{wanted:?} became {path:?}");
        assert!(!target.path().starts_with("/auth/"), "{wanted:?} became {path:?}: an endpoint");
    }
    assert!(path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic()), "{wanted:?} became {path:?}");
    assert_eq!(auth.api().own_path(&headers, &path).as_deref(), Some(&*path), "{wanted:?}");
});
