//! A provider that the app describes itself: the requests that it gets, and how its answers are read.

use std::sync::{Arc, Mutex};

use aura_auth::User;
use aura_auth::oauth::{AuthMethod, ProviderBuilder, github};
use axum::extract::{Form, Path, State};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::routing::{get, post};
use axum::{Json, Router};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::test_app::{Browser, TestApp, TestResponse, listen, parameter, serve, with_parameter};

type Fields = Vec<(String, String)>;

/// A revocation request: the client id in the path, the `Authorization` header and the form.
type Revocation = (String, Option<String>, Fields);

/// An authorization server, without a consent page.
#[derive(Clone)]
struct Server(Arc<Mutex<Inner>>);

struct Inner {
    /// The answer of the token endpoint.
    answer: (StatusCode, Value),
    revoke_status: StatusCode,
    token_requests: Vec<Fields>,
    revocations: Vec<Revocation>,
}

impl Server {
    /// Creates a server that answers every code with these tokens.
    fn new(tokens: Value) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            answer: (StatusCode::OK, tokens),
            revoke_status: StatusCode::OK,
            token_requests: Vec::new(),
            revocations: Vec::new(),
        })))
    }

    /// Creates a server that answers with this error.
    fn refusing(status: StatusCode, error: &str) -> Self {
        let server = Self::new(Value::Null);
        server.refuse(status, error);
        server
    }

    fn refuse(&self, status: StatusCode, error: &str) {
        self.0.lock().unwrap().answer = (status, json!({ "error": error }));
    }

    fn token_request(&self) -> Fields {
        self.0.lock().unwrap().token_requests.pop().unwrap()
    }

    fn revocations(&self) -> Vec<Revocation> {
        std::mem::take(&mut self.0.lock().unwrap().revocations)
    }

    /// Starts the server, and returns its origin.
    async fn start(&self) -> String {
        let (listener, origin) = listen().await;
        let router = Router::new()
            .route("/token", post(token))
            .route("/user", get(async || Json(json!({ "sub": "ada", "id": 1 }))))
            .route("/clients/{client_id}/revoke", post(revoke))
            .with_state(self.clone());
        serve(listener, router);
        origin
    }
}

async fn token(State(server): State<Server>, Form(form): Form<Fields>) -> (StatusCode, Json<Value>) {
    let mut inner = server.0.lock().unwrap();
    inner.token_requests.push(form);
    let (status, answer) = inner.answer.clone();
    (status, Json(answer))
}

async fn revoke(
    State(server): State<Server>,
    Path(client_id): Path<String>,
    headers: HeaderMap,
    Form(form): Form<Fields>,
) -> StatusCode {
    assert_eq!(headers[CONTENT_TYPE], "application/x-www-form-urlencoded");
    let authorization = headers.get(AUTHORIZATION).map(|header| header.to_str().unwrap().to_owned());
    let mut inner = server.0.lock().unwrap();
    inner.revocations.push((client_id, authorization, form));
    inner.revoke_status
}

fn tokens() -> Value {
    json!({ "access_token": "at/1", "refresh_token": "rt+1", "expires_in": 7200, "token_type": "bearer" })
}

fn own(origin: &str) -> ProviderBuilder {
    let profile = |profile: Value| User::new(profile["sub"].as_str().unwrap_or_default());
    let urls = ["authorize", "token", "user"].map(|path| format!("{origin}/{path}"));
    ProviderBuilder::new("own", &urls[0], &urls[1], &urls[2], profile).client_id("my id").client_secret("se:cr&t")
}

/// Returns GitHub's description with the endpoints of this server.
fn github_at(origin: &str) -> ProviderBuilder {
    let [token, user, emails] = ["token", "user", "emails"].map(|path| format!("{origin}/{path}"));
    github().client_id("id").client_secret("secret").token_url(&token).user_info_url(&user).emails_url(&emails)
}

/// Starts an app with this server as its provider.
async fn app(server: &Server, describe: impl FnOnce(ProviderBuilder) -> ProviderBuilder) -> TestApp {
    let origin = server.start().await;
    TestApp::configured(|builder| builder.oauth([describe(own(&origin))])).await
}

/// Returns the URL that a sign-in redirects to.
async fn authorize_url(browser: &mut Browser, provider: &str) -> String {
    browser.get(&format!("/auth/signIn/{provider}")).await.location().to_owned()
}

async fn sign_in_with(browser: &mut Browser, provider: &str) -> TestResponse {
    let authorize_url = authorize_url(browser, provider).await;
    let callback = parameter(&authorize_url, "redirect_uri").unwrap();
    let callback = with_parameter(&callback, "code", Some("c"));
    browser.get(&with_parameter(&callback, "state", parameter(&authorize_url, "state").as_deref())).await
}

async fn signed_in(app: &TestApp) -> Browser {
    let mut browser = app.browser();
    assert_eq!(sign_in_with(&mut browser, "own").await.location(), "/");
    browser
}

fn field<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.iter().find(|(found, _)| found == name).map(|(_, value)| &**value)
}

/// Standards: RFC 7636 4.3, 4.5
#[tokio::test]
async fn pkce_is_used_unless_it_is_disabled_for_the_provider() {
    for pkce in [None, Some(true), Some(false)] {
        let server = Server::new(tokens());
        let app = app(&server, |own| pkce.into_iter().fold(own, ProviderBuilder::pkce)).await;
        let is_sent = pkce != Some(false);
        let url = authorize_url(&mut app.browser(), "own").await;
        assert_eq!(parameter(&url, "code_challenge").is_some(), is_sent, "{url}");
        assert_eq!(parameter(&url, "code_challenge_method").is_some(), is_sent, "{url}");
        signed_in(&app).await;
        let request = server.token_request();
        assert_eq!(field(&request, "code"), Some("c"));
        assert_eq!(field(&request, "code_verifier").is_some(), is_sent, "{request:?}");
    }
}

#[tokio::test]
async fn scopes_are_joined_with_the_configured_separator() {
    for (separator, expected) in [(None, "read write:all admin"), (Some(','), "read,write:all,admin")] {
        let app = app(&Server::new(tokens()), |own| {
            separator.into_iter().fold(own.scope(" read  write:all admin"), ProviderBuilder::scope_separator)
        })
        .await;
        let url = authorize_url(&mut app.browser(), "own").await;
        assert_eq!(parameter(&url, "scope").as_deref(), Some(expected));
    }
}

/// Standards: RFC 7009 2.1; RFC 6749 2.3.1
#[tokio::test]
async fn both_tokens_are_revoked_with_the_configured_client_authentication() {
    // `my+id:se%3Acr%26t` in base64: the id and the secret are form-encoded first.
    let basic = Some("Basic bXkraWQ6c2UlM0FjciUyNnQ=".to_owned());
    let in_body = [("client_id", "my id"), ("client_secret", "se:cr&t")];
    for (method, authorization, credentials) in
        [(AuthMethod::Basic, basic, &[][..]), (AuthMethod::Body, None, &in_body[..])]
    {
        let server = Server::new(tokens());
        let origin = server.start().await;
        let provider = own(&origin).auth_method(method).revoke_url(&format!("{origin}/clients/{{client_id}}/revoke"));
        let app = TestApp::configured(|builder| builder.oauth([provider])).await;
        let mut browser = signed_in(&app).await;
        let answer = browser.send_with_csrf(Method::POST, "/auth/providers/own/tokens/revoke", "").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let expected = [("rt+1", "refresh_token"), ("at/1", "access_token")].map(|(token, hint)| {
            let fields = [("token", token), ("token_type_hint", hint)].into_iter().chain(credentials.iter().copied());
            let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            ("my id".to_owned(), authorization.clone(), fields)
        });
        assert_eq!(server.revocations(), expected);
        assert_eq!(browser.get_json("/auth/providers/own").await.json()["connected"], false);
    }
}

#[tokio::test]
async fn a_token_that_the_provider_does_not_revoke_is_kept() {
    let server = Server::new(json!({ "access_token": "at", "expires_in": 7200, "token_type": "bearer" }));
    let origin = server.start().await;
    let provider = own(&origin).revoke_url(&format!("{origin}/clients/x/revoke"));
    let app = TestApp::configured(|builder| builder.oauth([provider])).await;
    let mut browser = signed_in(&app).await;
    for (status, code) in
        [(StatusCode::SERVICE_UNAVAILABLE, Some("OAUTH_INVALID_REVOKE_TOKEN_PROCESS")), (StatusCode::OK, None)]
    {
        server.0.lock().unwrap().revoke_status = status;
        let answer = browser.send_with_csrf(Method::POST, "/auth/providers/own/tokens/revoke", "").await;
        assert_eq!((answer.status != StatusCode::OK).then(|| answer.error_code()).as_deref(), code, "{}", answer.body);
        assert_eq!(browser.get_json("/auth/providers/own").await.json()["connected"], code.is_some());
        let hints: Vec<_> = server
            .revocations()
            .into_iter()
            .map(|(_, _, form)| field(&form, "token_type_hint").unwrap().to_owned())
            .collect();
        assert_eq!(hints, ["access_token"], "there is no refresh token");
    }
}

#[tokio::test]
async fn an_error_with_status_200_is_a_rejection_only_if_configured() {
    for (answered, code, then) in [
        (true, "INVALID_OAUTH_ACCESS_TOKEN_RESPONSE", "RATE_LIMIT_EXCEEDED"),
        (false, "INVALID_OAUTH_ACCESS_TOKEN_RES_FORMAT", "INVALID_OAUTH_ACCESS_TOKEN_RES_FORMAT"),
    ] {
        let server = Server::refusing(StatusCode::OK, "invalid_grant");
        let app = app(&server, |own| own.errors_with_200(answered)).await;
        for number in 0..12 {
            let end = sign_in_with(&mut app.browser(), "own").await;
            assert_eq!(end.shown_error(), if number < 10 { code } else { then }, "{answered} {number}");
        }
    }
}

/// Attack: made-up codes from one address, and a provider that does not know the app any more
/// Standards: RFC 6749 5.2
#[tokio::test]
async fn a_rejected_code_counts_against_the_address_but_a_rejected_client_does_not() {
    for (id, error, counts) in [
        ("own", "invalid_grant", true),
        ("own", "invalid_request", true),
        ("own", "invalid_client", false),
        ("own", "unauthorized_client", false),
        ("github", "bad_verification_code", true),
        ("github", "redirect_uri_mismatch", true),
        ("github", "incorrect_client_credentials", false),
    ] {
        let server = Server::refusing(StatusCode::BAD_REQUEST, error);
        let origin = server.start().await;
        let app = TestApp::configured(|builder| builder.oauth([own(&origin), github_at(&origin)])).await;
        for number in 0..12 {
            let end = sign_in_with(&mut app.browser(), id).await;
            let is_limited = end.shown_error() == "RATE_LIMIT_EXCEEDED";
            assert_eq!(is_limited, counts && number >= 10, "{id} {error} {number}");
        }
    }
}

#[tokio::test]
async fn a_rejected_refresh_token_disconnects_the_provider_but_a_rejected_client_does_not() {
    for (id, error, is_dead) in [
        ("own", "invalid_grant", true),
        ("own", "invalid_client", false),
        ("own", "temporarily_unavailable", false),
        ("github", "bad_refresh_token", true),
        ("github", "incorrect_client_credentials", false),
        ("github", "invalid_grant", false),
    ] {
        let server = Server::new(tokens());
        let origin = server.start().await;
        let app = TestApp::configured(|builder| builder.oauth([own(&origin), github_at(&origin)])).await;
        let mut browser = app.browser();
        assert_eq!(sign_in_with(&mut browser, id).await.location(), "/");
        server.refuse(StatusCode::BAD_REQUEST, error);
        app.clock.advance(7200);
        let answer = browser.send_with_csrf(Method::GET, &format!("/auth/providers/{id}/tokens"), "").await;
        assert_ne!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(field(&server.token_request(), "refresh_token"), Some("rt+1"));
        let connected = browser.get_json(&format!("/auth/providers/{id}")).await.json()["connected"] == true;
        assert_eq!(connected, !is_dead, "{id} {error}");
    }
}
