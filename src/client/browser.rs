use std::error::Error;

use gloo_net::http::RequestBuilder;
use leptos::prelude::window;

use super::{Method, Request};

#[derive(Clone, Copy, Debug)]
pub(super) struct Http;

impl Http {
    #[expect(clippy::unnecessary_wraps, reason = "a program's client can fail here")]
    pub(super) fn new() -> Result<Self, gloo_net::Error> {
        Ok(Self)
    }

    pub(super) async fn send(&self, request: Request<'_>) -> Result<(u16, String), Box<dyn Error + Send + Sync>> {
        let method = match request.method {
            Method::Get => gloo_net::http::Method::GET,
            Method::Post => gloo_net::http::Method::POST,
            Method::Patch => gloo_net::http::Method::PATCH,
            Method::Delete => gloo_net::http::Method::DELETE,
        };
        let mut builder = RequestBuilder::new(request.url)
            .method(method)
            .query(request.query)
            .header("accept", "application/json")
            .credentials(web_sys::RequestCredentials::Include);
        if let Some(token) = request.csrf_token {
            builder = builder.header("x-csrf-token", token);
        }
        let answer = match request.body {
            Some(body) => builder.header("content-type", "application/json").body(body),
            None => builder.build(),
        };
        let answer = answer.map_err(|error| error.to_string())?.send().await.map_err(|error| error.to_string())?;
        Ok((answer.status(), answer.text().await.map_err(|error| error.to_string())?))
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
