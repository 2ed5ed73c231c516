use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use reqwest::cookie::Jar;
use reqwest::redirect::Policy;
use url::Url;

use crate::client::{AuthClient, Method, Request};

#[derive(Clone, Debug)]
pub(super) struct Http {
    client: reqwest::Client,
    cookies: Arc<Jar>,
}

impl Http {
    pub(super) fn new() -> Result<Self, reqwest::Error> {
        let cookies = Arc::new(Jar::default());
        let client = reqwest::Client::builder()
            .cookie_provider(Arc::clone(&cookies))
            .redirect(Policy::none())
            .timeout(Duration::from_secs(10))
            .build()?;
        Ok(Self { client, cookies })
    }

    pub(super) async fn send(&self, request: Request<'_>) -> Result<(u16, String), Box<dyn Error + Send + Sync>> {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut builder =
            self.client.request(method, request.url).query(request.query).header("accept", "application/json");
        if let Some(token) = request.csrf_token {
            builder = builder.header("x-csrf-token", token);
        }
        if let Some(body) = request.body {
            builder = builder.header("content-type", "application/json").body(body.to_owned());
        }
        let answer = builder.send().await?;
        Ok((answer.status().as_u16(), answer.text().await?))
    }
}

pub(super) fn is_base_url(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// Does nothing, since a program has no browser to redirect.
pub(super) fn go_to(_: &str) {}

impl AuthClient {
    /// Adds a cookie that the client did not receive itself, such as a session cookie, in the form `name=value`.
    pub fn add_cookie(&self, cookie: &str) {
        if let Ok(url) = Url::parse(&self.base_url) {
            self.http.cookies.add_cookie_str(&format!("{cookie}; Path=/"), &url);
        }
    }
}
