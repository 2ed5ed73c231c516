use std::error::Error;
use std::time::Duration;

use js_sys::encode_uri_component;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Headers, RequestCache, RequestCredentials, RequestInit, Response, Window};

use crate::client::{Method, Request};

/// The time limit of a request. This is longer than the server's limit for a provider (10 s).
const TIMEOUT: Duration = Duration::from_secs(15);

#[derive(Clone, Debug)]
pub(super) struct Http;

impl Http {
    #[expect(clippy::unnecessary_wraps, reason = "the native client can fail here")]
    pub(super) fn new() -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(Self)
    }

    pub(super) async fn send(&self, request: Request<'_>) -> Result<(u16, String), Box<dyn Error + Send + Sync>> {
        fetch(request).await.map_err(|error| format!("{error:?}").into())
    }
}

/// Sends a request. Returns the status and the text of the response.
async fn fetch(request: Request<'_>) -> Result<(u16, String), JsValue> {
    let mut url = request.url.to_owned();
    for (index, (name, value)) in request.query.iter().enumerate() {
        url.push(if index == 0 { '?' } else { '&' });
        url.push_str(name);
        url.push('=');
        url.push_str(&String::from(encode_uri_component(value)));
    }
    let headers = Headers::new()?;
    headers.set("accept", "application/json")?;
    if let Some(token) = request.csrf_token {
        headers.set("x-csrf-token", token)?;
    }
    let init = RequestInit::new();
    if let Some(body) = request.body {
        headers.set("content-type", "application/json")?;
        init.set_body(&body.into());
    }
    init.set_headers(&headers);
    init.set_method(match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
    });
    init.set_credentials(RequestCredentials::Include);
    init.set_cache(RequestCache::NoStore);
    // `AbortSignal.timeout` does the same, but Safari supports it only since version 16.
    let controller = AbortController::new()?;
    init.set_signal(Some(&controller.signal()));
    let window = window()?;
    let abort = Closure::once(move || controller.abort());
    let milliseconds = i32::try_from(TIMEOUT.as_millis()).unwrap_or(i32::MAX);
    let timer =
        window.set_timeout_with_callback_and_timeout_and_arguments_0(abort.as_ref().unchecked_ref(), milliseconds)?;
    let answer = async {
        let response: Response = JsFuture::from(window.fetch_with_str_and_init(&url, &init)).await?.unchecked_into();
        let text = JsFuture::from(response.text()?).await?;
        Ok((response.status(), text.as_string().unwrap_or_default()))
    }
    .await;
    window.clear_timeout_with_handle(timer);
    answer
}

pub(super) fn is_base_url(text: &str) -> bool {
    let absolute = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    absolute.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        || (text.starts_with('/') && !text.starts_with("//"))
}

pub(super) fn go_to(url: &str) {
    if window().and_then(|window| window.location().assign(url)).is_err() {
        web_sys::console::error_1(&"the browser refused to go to the next page".into());
    }
}

fn window() -> Result<Window, JsValue> {
    web_sys::window().ok_or_else(|| "there is no window".into())
}
