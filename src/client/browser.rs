use std::error::Error;

use js_sys::{Array, Object, encode_uri_component};
use leptos::prelude::window;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, RequestInit, Response};

use super::{Method, Request};

/// How long an answer may take, in milliseconds: longer than the server waits for a provider.
const TIMEOUT: u32 = 15_000;

#[derive(Clone, Debug)]
pub(super) struct Http;

impl Http {
    #[expect(clippy::unnecessary_wraps, reason = "a program's client can fail here")]
    pub(super) fn new() -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(Self)
    }

    pub(super) async fn send(&self, request: Request<'_>) -> Result<(u16, String), Box<dyn Error + Send + Sync>> {
        fetch(request).await.map_err(|error| format!("{error:?}").into())
    }
}

// By web-sys alone: a library for requests is larger than all that is sent here.
async fn fetch(request: Request<'_>) -> Result<(u16, String), JsValue> {
    let mut url = request.url.to_owned();
    for (index, (name, value)) in request.query.iter().enumerate() {
        url.push(if index == 0 { '?' } else { '&' });
        url.push_str(name);
        url.push('=');
        url.push_str(&String::from(encode_uri_component(value)));
    }
    let headers = Array::new();
    let header = |name: &str, value: &str| headers.push(&Array::of2(&name.into(), &value.into()));
    header("accept", "application/json");
    if let Some(token) = request.csrf_token {
        header("x-csrf-token", token);
    }
    let init = RequestInit::new();
    if let Some(body) = request.body {
        header("content-type", "application/json");
        init.set_body(&body.into());
    }
    init.set_headers(&Object::from_entries(&headers)?.into());
    init.set_method(match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
    });
    init.set_credentials(web_sys::RequestCredentials::Include);
    init.set_cache(web_sys::RequestCache::NoStore);
    init.set_signal(Some(&AbortSignal::timeout_with_u32(TIMEOUT)));
    let response: Response = JsFuture::from(window().fetch_with_str_and_init(&url, &init)).await?.unchecked_into();
    let text = JsFuture::from(response.text()?).await?;
    Ok((response.status(), text.as_string().unwrap_or_default()))
}

pub(super) fn is_base_url(text: &str) -> bool {
    let absolute = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    absolute.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        || (text.starts_with('/') && !text.starts_with("//"))
}

pub(super) fn go_to(url: &str) {
    if window().location().assign(url).is_err() {
        leptos::logging::error!("the browser refused to go to the next page");
    }
}
