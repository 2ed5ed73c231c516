use std::error::Error;

use js_sys::encode_uri_component;
use leptos::prelude::window;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Response};

use super::{Method, Request};
use crate::json::Json;

/// How long an answer may take, in milliseconds: longer than the server waits for a provider.
const TIMEOUT: u32 = 15_000;

#[derive(Clone, Debug)]
pub(super) struct Http;

impl Http {
    #[expect(clippy::unnecessary_wraps, reason = "a program's client can fail here")]
    pub(super) fn new() -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(Self)
    }

    pub(super) async fn send(&self, request: Request<'_>) -> Result<(u16, Json), Box<dyn Error + Send + Sync>> {
        fetch(request).await.map_err(|error| format!("{error:?}").into())
    }
}

/// Sends a request, by web-sys alone: a library for it is larger than all that is sent here. What is no JSON
/// is null.
pub(crate) async fn fetch(request: Request<'_>) -> Result<(u16, Json), JsValue> {
    let mut url = request.url.to_owned();
    for (index, (name, value)) in request.query.iter().enumerate() {
        url.push(if index == 0 { '?' } else { '&' });
        url.push_str(name);
        url.push('=');
        url.push_str(&String::from(encode_uri_component(value)));
    }
    let headers = Json::object();
    headers.set("accept", "application/json");
    if let Some(token) = request.csrf_token {
        headers.set("x-csrf-token", token);
    }
    // web-sys's setters are a function each in the wasm and in its script.
    let init = Json::object();
    if let Some(body) = request.body {
        headers.set("content-type", "application/json");
        init.set("body", body);
    }
    init.set("headers", headers.0);
    let method = match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
    };
    init.set("method", method);
    init.set("credentials", "include");
    init.set("cache", "no-store");
    init.set("signal", AbortSignal::timeout_with_u32(TIMEOUT));
    let fetched = window().fetch_with_str_and_init(&url, init.0.unchecked_ref());
    let response: Response = JsFuture::from(fetched).await?.unchecked_into();
    match JsFuture::from(response.json()?).await {
        Err(error) if Json(error.clone()).text("name").as_deref() != Some("SyntaxError") => Err(error),
        answer => Ok((response.status(), answer.map_or(Json::NULL, Json))),
    }
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
