//! A running app, a running stand-in for Bitbucket, and a browser.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use aura_auth::oauth::{Bitbucket, ProviderBuilder};
use aura_auth::testing::BitbucketStandIn;
use aura_auth::{Auth, AuthBuilder, Clock, Session};
use axum::Router;
use axum::http::header::{CONTENT_TYPE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Method, StatusCode, Url};
use serde_json::Value;
use tokio::net::TcpListener;

pub(crate) use super::app::{pages, serve};
use super::log::Secrets;

pub(crate) const SECRET: &str = "Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js+Ua/EoTiNq0=";
pub(crate) const SALT: &str = "Zs5Wd8Kf2Jh6Ng9Bv4Cx7Mq1Lp3Rt0Yu+Ea/OiTxQ1=";
pub(crate) const ADA: &str = "{a54f16da-24e9-4d7f-a3a7-b1ba2cd98aa3}";
/// The `Accept` header that a browser sends when it loads a page.
pub(crate) const HTML: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
pub(crate) const JSON: (&str, &str) = ("accept", "application/json");

/// A clock that changes only when a test changes it.
#[derive(Clone)]
pub(crate) struct StoppedClock(Arc<AtomicI64>);

impl StoppedClock {
    pub(crate) fn at(seconds: i64) -> Self {
        Self(Arc::new(AtomicI64::new(seconds)))
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for StoppedClock {
    fn unix_seconds(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

pub(crate) struct TestApp {
    pub(crate) auth: Auth,
    pub(crate) bitbucket: BitbucketStandIn,
    pub(crate) clock: StoppedClock,
    /// The app's origin.
    pub(crate) origin: String,
    pub(crate) bitbucket_origin: String,
    secrets: Arc<Secrets>,
}

impl TestApp {
    pub(crate) async fn new() -> Self {
        Self::with(|builder| builder, |bitbucket| bitbucket).await
    }

    pub(crate) async fn configured(change: impl FnOnce(AuthBuilder) -> AuthBuilder) -> Self {
        Self::with(change, |bitbucket| bitbucket).await
    }

    pub(crate) async fn with(
        change: impl FnOnce(AuthBuilder) -> AuthBuilder,
        change_bitbucket: impl FnOnce(BitbucketStandIn) -> BitbucketStandIn,
    ) -> Self {
        Self::start(|builder, _| change(builder), change_bitbucket, pages).await
    }

    /// Starts the app behind a trusted proxy that terminates TLS for `https://app.example`. Also returns a browser that
    /// sends its requests through this proxy.
    pub(crate) async fn behind_https() -> (Self, Browser) {
        Self::behind_https_with(|builder| builder).await
    }

    pub(crate) async fn behind_https_with(change: impl FnOnce(AuthBuilder) -> AuthBuilder) -> (Self, Browser) {
        let app = Self::with(
            |builder| change(builder.trusted_proxy_headers(true).trusted_origins(["https://app.example"])),
            |_| BitbucketStandIn::new("key of the consumer", "se:cr&t%", "https://app.example/auth/callback/"),
        )
        .await;
        let mut browser = app.browser();
        browser.headers =
            vec![("x-forwarded-proto".into(), "https".into()), ("x-forwarded-host".into(), "app.example".into())];
        (app, browser)
    }

    /// Also passes the stand-in's provider to `change`, which can configure it a second time.
    pub(crate) async fn configured_with(
        change: impl FnOnce(AuthBuilder, ProviderBuilder<Bitbucket>) -> AuthBuilder,
    ) -> Self {
        Self::start(change, |bitbucket| bitbucket, pages).await
    }

    /// Starts the app with other pages.
    pub(crate) async fn serving(
        pages: impl FnOnce(&Auth) -> Router,
        change: impl FnOnce(AuthBuilder) -> AuthBuilder,
    ) -> Self {
        Self::start(|builder, _| change(builder), |bitbucket| bitbucket, pages).await
    }

    pub(crate) async fn start(
        change: impl FnOnce(AuthBuilder, ProviderBuilder<Bitbucket>) -> AuthBuilder,
        change_bitbucket: impl FnOnce(BitbucketStandIn) -> BitbucketStandIn,
        pages: impl FnOnce(&Auth) -> Router,
    ) -> Self {
        let secrets = Secrets::new();
        let clock = StoppedClock::at(1_767_225_600);
        let (listener, origin) = listen().await;
        // As on Bitbucket, the callback URL is compared as a prefix. So `/callback/` also allows a second provider.
        let bitbucket = BitbucketStandIn::new("key of the consumer", "se:cr&t%", &format!("{origin}/auth/callback/"));
        let bitbucket = change_bitbucket(bitbucket.clock(clock.clone()));
        let (bitbucket_listener, bitbucket_origin) = listen().await;
        serve(bitbucket_listener, bitbucket.router());

        let provider = bitbucket.provider(&bitbucket_origin);
        let builder = Auth::builder()
            .environment::<&str, &str>([])
            .secret(SECRET)
            .salt(SALT)
            .clock(clock.clone())
            .error_page("/failed")
            .oauth([provider.clone(), provider.clone().id("other")]);
        let auth = change(builder, provider).build().unwrap();
        serve(listener, pages(&auth));
        Self { auth, bitbucket, clock, origin, bitbucket_origin, secrets }
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser { secrets: Arc::clone(&self.secrets), ..Browser::new(&self.origin) }
    }

    /// Returns a browser that has signed in as Ada.
    pub(crate) async fn signed_in(&self) -> Browser {
        let mut browser = self.browser();
        let end = browser.sign_in("/auth/signIn/bitbucket").await;
        assert_eq!(end.status, StatusCode::FOUND, "{}", end.body);
        assert!(browser.session().await.is_some());
        browser
    }

    /// Returns the browser [behind the proxy](Self::behind_https) after it has signed in as Ada.
    pub(crate) async fn signed_in_over_https(&self, mut browser: Browser) -> Browser {
        let begun = browser.get("/auth/signIn/bitbucket").await;
        let callback = browser.decide(begun.location(), "ada", "approve").await;
        browser.get(&callback.replace("https://app.example", &self.origin)).await;
        assert!(browser.session().await.is_some());
        browser
    }
}

pub(crate) async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    (listener, origin)
}

/// A cookie in a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredCookie {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) path: String,
}

/// Keeps cookies as a browser does. It follows a redirect only when the test asks for it.
#[derive(Clone)]
pub(crate) struct Browser {
    http: reqwest::Client,
    pub(crate) origin: String,
    pub(crate) cookies: Vec<StoredCookie>,
    /// Headers that are sent with every request.
    pub(crate) headers: Vec<(String, String)>,
    secrets: Arc<Secrets>,
}

#[derive(Debug)]
pub(crate) struct TestResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Browser {
    pub(crate) fn new(origin: &str) -> Self {
        // If a request is never answered, the test fails after 60 seconds and does not hang.
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let http = client.timeout(Duration::from_secs(60)).build().unwrap();
        Self { http, origin: origin.to_owned(), cookies: Vec::new(), headers: Vec::new(), secrets: Secrets::new() }
    }

    pub(crate) async fn get(&mut self, url: &str) -> TestResponse {
        self.send(Method::GET, url, &[HTML], "").await
    }

    pub(crate) async fn get_json(&mut self, url: &str) -> TestResponse {
        self.send(Method::GET, url, &[JSON], "").await
    }

    pub(crate) async fn post_form(&mut self, url: &str, fields: &[(&str, &str)]) -> TestResponse {
        let mut form = Url::parse("http://x/").unwrap();
        form.query_pairs_mut().extend_pairs(fields);
        let headers = [HTML, ("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
        self.send(Method::POST, url, &headers, form.query().unwrap_or_default()).await
    }

    pub(crate) async fn send(
        &mut self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> TestResponse {
        let url = Url::parse(&self.origin).unwrap().join(url).unwrap();
        let own = url.as_str().starts_with(&self.origin);
        let mut request = self.http.request(method, url.clone()).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(cookies) = self.cookie_header(url.path()).filter(|_| own) {
            request = request.header("cookie", cookies);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        if own {
            self.keep(&headers);
        }
        let body = response.text().await.unwrap();
        self.secrets.see(&headers, &body);
        TestResponse { status, headers, body }
    }

    /// Returns the `Cookie` header of a request to this path.
    pub(crate) fn cookie_header(&self, path: &str) -> Option<String> {
        let sent = self.cookies.iter().filter(|cookie| {
            path == cookie.path || path.starts_with(&format!("{}/", cookie.path.trim_end_matches('/')))
        });
        let pairs: Vec<_> = sent.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// Stores the cookies of a response as a browser does, even if the response arrives late.
    pub(crate) fn keep(&mut self, headers: &HeaderMap) {
        for line in headers.get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            assert!(line.len() <= 4096, "a browser drops a cookie of {} bytes", line.len());
            let (name, rest) = line.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            let path = line.split("; ").find_map(|part| part.strip_prefix("Path=")).unwrap();
            self.cookies.retain(|kept| kept.name != name || kept.path != path);
            if !line.contains("Max-Age=0") {
                self.cookies.push(StoredCookie {
                    name: name.to_owned(),
                    value: value.to_owned(),
                    path: path.to_owned(),
                });
            }
        }
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|cookie| cookie.name == name).map(|cookie| cookie.value.as_str())
    }

    pub(crate) fn flows(&self) -> usize {
        self.cookies.iter().filter(|cookie| cookie.name.contains(".flow.")).count()
    }

    /// Starts at `url`, approves as Ada, and returns the response to the callback.
    pub(crate) async fn sign_in(&mut self, url: &str) -> TestResponse {
        let callback = self.callback_url(url).await;
        self.get(&callback).await
    }

    /// Starts at `url`, approves as Ada, and returns the callback URL that Bitbucket redirects to.
    pub(crate) async fn callback_url(&mut self, url: &str) -> String {
        let begun = self.get(url).await;
        assert_eq!(begun.status, StatusCode::FOUND, "{}", begun.body);
        self.decide(begun.location(), "ada", "approve").await
    }

    /// Decides on the consent page, and returns the URL that Bitbucket redirects to.
    pub(crate) async fn decide(&mut self, authorize: &str, account: &str, decision: &str) -> String {
        let mut fields: Vec<(String, String)> = Url::parse(authorize).unwrap().query_pairs().into_owned().collect();
        fields.push(("account".into(), account.into()));
        fields.push(("decision".into(), decision.into()));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        let decided = self.post_form(authorize, &fields).await;
        assert_eq!(decided.status, StatusCode::SEE_OTHER, "{}", decided.body);
        decided.location().to_owned()
    }

    /// Returns all cookies except the list of ended sessions.
    pub(crate) fn kept(&self) -> Vec<&StoredCookie> {
        self.cookies.iter().filter(|cookie| !cookie.name.ends_with(".signed_out")).collect()
    }

    /// Returns the current session's cookie.
    pub(crate) fn session_token(&self) -> String {
        let names = ["aura-auth.session_token", "aura-auth.stored_session"];
        names.iter().find_map(|name| self.cookie(name)).unwrap().to_owned()
    }

    /// Sends a request with a CSRF token, as a program does.
    pub(crate) async fn send_with_csrf(&mut self, method: Method, url: &str, body: &str) -> TestResponse {
        let token = self.csrf_token().await;
        self.send(method, url, &[JSON, ("x-csrf-token", &token)], body).await
    }

    /// Returns the session as `/auth/session` reports it.
    pub(crate) async fn session(&mut self) -> Option<Session> {
        let answer = self.get_json("/auth/session").await;
        serde_json::from_value(answer.json()["session"].clone()).ok()
    }

    pub(crate) async fn csrf_token(&mut self) -> String {
        self.get_json("/auth/csrfToken").await.json()["csrfToken"].as_str().unwrap().to_owned()
    }
}

impl TestResponse {
    pub(crate) fn location(&self) -> &str {
        self.headers.get(LOCATION).unwrap_or_else(|| panic!("no Location: {self:?}")).to_str().unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.headers[CONTENT_TYPE], "application/json", "{self:?}");
        serde_json::from_str(&self.body).unwrap()
    }

    /// Returns the code of an error in JSON, and checks that the status fits the code.
    pub(crate) fn error_code(&self) -> String {
        let code = self.json()["error"]["code"].as_str().unwrap_or_else(|| panic!("no error: {self:?}")).to_owned();
        let error = aura_auth::AuthError::from_code(&code).unwrap();
        assert_eq!(self.status.as_u16(), error.status(), "{code}");
        code
    }

    /// Returns the code of an error that the error page shows.
    pub(crate) fn shown_error(&self) -> String {
        assert_eq!(self.status, StatusCode::FOUND, "{self:?}");
        let location = Url::parse("http://app/").unwrap().join(self.location()).unwrap();
        assert_eq!(location.path(), "/failed", "{location}");
        parameter(location.as_str(), "error").unwrap()
    }

    pub(crate) fn set_cookies(&self) -> Vec<String> {
        self.headers.get_all(SET_COOKIE).iter().map(|line| line.to_str().unwrap().to_owned()).collect()
    }
}

/// Returns a parameter of a URL's query.
pub(crate) fn parameter(url: &str, name: &str) -> Option<String> {
    let url = Url::parse("http://app/").unwrap().join(url).unwrap();
    url.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

/// Returns the URL with a parameter replaced or removed.
pub(crate) fn with_parameter(url: &str, name: &str, value: Option<&str>) -> String {
    let mut url = Url::parse(url).unwrap();
    let mut pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    pairs.retain(|(found, _)| found != name);
    pairs.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    url.query_pairs_mut().clear().extend_pairs(pairs);
    url.into()
}
