//! Tests of the stand-in itself. It must be as strict as Bitbucket, or a tested sign-in could still fail there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, StatusCode, Url};
use serde_json::{Value, json};

use super::test_app::{Browser, TestApp, TestResponse, parameter, with_parameter};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

struct Bitbucket {
    app: TestApp,
    browser: Browser,
}

impl Bitbucket {
    async fn new() -> Self {
        let app = TestApp::new().await;
        let browser = Browser::new(&app.bitbucket_origin);
        Self { app, browser }
    }

    /// Returns an authorization URL of the consumer with these additional parameters.
    fn authorize(&self, more: &[(&str, &str)]) -> String {
        let mut url = Url::parse(&format!("{}/site/oauth2/authorize", self.app.bitbucket_origin)).unwrap();
        let own = [("response_type", "code"), ("client_id", "key of the consumer"), ("state", "s&t")];
        url.query_pairs_mut().extend_pairs(own).extend_pairs(more);
        url.into()
    }

    async fn code(&mut self) -> String {
        let url = self.authorize(&[]);
        let back = self.browser.decide(&url, "ada", "approve").await;
        assert_eq!(parameter(&back, "state").as_deref(), Some("s&t"));
        parameter(&back, "code").unwrap()
    }

    async fn token(&mut self, fields: &[(&str, &str)]) -> TestResponse {
        let basic = format!("Basic {}", STANDARD.encode("key+of+the+consumer:se%3Acr%26t%25"));
        self.token_as(&[("authorization", &basic), FORM], fields).await
    }

    async fn token_as(&mut self, headers: &[(&str, &str)], fields: &[(&str, &str)]) -> TestResponse {
        let mut form = Url::parse("http://x/").unwrap();
        form.query_pairs_mut().extend_pairs(fields);
        self.browser.send(Method::POST, "/site/oauth2/access_token", headers, form.query().unwrap()).await
    }

    async fn tokens(&mut self) -> Value {
        let code = self.code().await;
        self.token(&[("grant_type", "authorization_code"), ("code", &code)]).await.json()
    }

    async fn get(&mut self, path: &str, token: &str) -> TestResponse {
        let bearer = format!("Bearer {token}");
        self.browser.send(Method::GET, path, &[("authorization", &bearer)], "").await
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

#[tokio::test]
async fn an_invalid_authorization_request_is_not_redirected_to_the_app() {
    let mut bitbucket = Bitbucket::new().await;
    let callback = format!("{}/auth/callback/", bitbucket.app.origin);
    let good = bitbucket.authorize(&[("redirect_uri", &format!("{callback}bitbucket"))]);
    assert_eq!(bitbucket.browser.get(&good).await.status, StatusCode::OK);
    for (name, value) in [
        ("client_id", "somebody"),
        ("response_type", "token"),
        ("redirect_uri", "https://evil.example/"),
        ("redirect_uri", &callback[..callback.len() - 2]),
    ] {
        let page = bitbucket.browser.get(&with_parameter(&good, name, Some(value))).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{name}={value}");
        assert!(!page.headers.contains_key("location"));
    }
    let markup = bitbucket.authorize(&[("scope", "\"><script>alert(1)</script>")]);
    assert!(!bitbucket.browser.get(&markup).await.body.contains("<script>"));
}

#[tokio::test]
async fn a_code_is_valid_once_for_ten_minutes_and_only_for_its_client() {
    let mut bitbucket = Bitbucket::new().await;
    let code = bitbucket.code().await;
    let fields = [("grant_type", "authorization_code"), ("code", &*code)];
    let in_body = [&fields[..], &[("client_id", "key of the consumer"), ("client_secret", "se:cr&t%")]].concat();
    let wrong = format!("Basic {}", STANDARD.encode("key+of+the+consumer:wrong"));
    for answer in [
        bitbucket.token_as(&[FORM], &in_body).await,
        bitbucket.token_as(&[FORM, ("authorization", &wrong)], &fields).await,
    ] {
        assert_eq!((answer.status.as_u16(), &answer.json()["error"]), (400, &json!("unauthorized_client")));
    }
    let tokens = bitbucket.token(&fields).await.json();
    for name in ["access_token", "refresh_token"] {
        assert_eq!(text(&tokens, name).len(), 2500);
    }
    assert_eq!((text(&tokens, "token_type"), &tokens["expires_in"]), ("bearer", &json!(7200)));
    assert_eq!(bitbucket.token(&fields).await.json()["error"], "invalid_grant");

    let late = bitbucket.code().await;
    bitbucket.app.clock.advance(600);
    let fields = [("grant_type", "authorization_code"), ("code", &*late)];
    assert_eq!(bitbucket.token(&fields).await.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn a_used_refresh_token_is_replaced_and_expires_after_ten_minutes() {
    let mut bitbucket = Bitbucket::new().await;
    let first = bitbucket.tokens().await;
    let old = text(&first, "refresh_token");
    let fields = [("grant_type", "refresh_token"), ("refresh_token", old)];
    let second = bitbucket.token(&fields).await.json();
    assert_ne!(text(&second, "refresh_token"), old);
    bitbucket.app.clock.advance(599);
    assert_eq!(bitbucket.token(&fields).await.status, StatusCode::OK);
    bitbucket.app.clock.advance(1);
    let dead = bitbucket.token(&fields).await.json();
    assert_eq!((text(&dead, "error"), text(&dead, "error_description")), ("invalid_request", "Invalid refresh_token"));
    let fields = [("grant_type", "refresh_token"), ("refresh_token", text(&second, "refresh_token"))];
    assert_eq!(bitbucket.token(&fields).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_access_token_is_accepted_only_in_the_header_and_for_two_hours() {
    let mut bitbucket = Bitbucket::new().await;
    let tokens = bitbucket.tokens().await;
    let token = text(&tokens, "access_token").to_owned();
    assert_eq!(bitbucket.get("/2.0/user", &token).await.json()["nickname"], "ada");
    let in_query = bitbucket.browser.get(&format!("/2.0/user?access_token={token}")).await;
    assert_eq!(in_query.status, StatusCode::UNAUTHORIZED);
    assert_eq!(bitbucket.get("/2.0/user", "x").await.status, StatusCode::UNAUTHORIZED);
    bitbucket.app.clock.advance(7200);
    let expired = bitbucket.get("/2.0/user", &token).await;
    assert_eq!(expired.status, StatusCode::UNAUTHORIZED);
    assert!(text(&expired.json()["error"], "message").starts_with("Access token expired"));
}

#[tokio::test]
async fn scopes_workspaces_and_removed_endpoints_behave_as_at_bitbucket() {
    let mut bitbucket = Bitbucket::new().await;
    let url = bitbucket.authorize(&[("scope", "account")]);
    let back = bitbucket.browser.decide(&url, "grace", "approve").await;
    let fields = [("grant_type", "authorization_code"), ("code", &*parameter(&back, "code").unwrap())];
    let tokens = bitbucket.token(&fields).await.json();
    let token = text(&tokens, "access_token").to_owned();
    assert_eq!(tokens["scopes"], "account");

    let emails = bitbucket.get("/2.0/user/emails", &token).await;
    assert_eq!(emails.status, StatusCode::FORBIDDEN);
    assert_eq!(emails.json()["error"]["detail"], json!({ "required": ["email"], "granted": ["account"] }));

    let first = bitbucket.get("/2.0/user/workspaces", &token).await.json();
    assert_eq!(first["values"][0]["workspace"]["slug"], "compilers");
    let second = bitbucket.get(text(&first, "next"), &token).await.json();
    assert_eq!(second["values"][0]["workspace"]["slug"], "analytical-engine");
    assert!(second.get("next").is_none());
    let role = bitbucket.get("/2.0/user/workspaces/compilers/permission", &token).await.json();
    assert_eq!(role["permission"], "member");
    let stranger = bitbucket.get("/2.0/user/workspaces/acme/permission", &token).await;
    assert_eq!(stranger.status, StatusCode::FORBIDDEN);
    for path in ["/2.0/workspaces", "/2.0/user/permissions/workspaces", "/2.0/teams"] {
        assert_eq!(bitbucket.get(path, &token).await.status, StatusCode::GONE);
    }
}

#[tokio::test]
async fn the_avatar_url_of_a_profile_serves_an_svg_image() {
    let app = TestApp::new().await;
    let image = app.signed_in().await.session().await.unwrap().user.image.unwrap();
    let avatar = reqwest::get(&image).await.unwrap();
    assert_eq!(
        (avatar.status(), &avatar.headers()["content-type"].to_str().unwrap()),
        (StatusCode::OK, &"image/svg+xml")
    );
    assert!(avatar.text().await.unwrap().starts_with("<svg"));
}
