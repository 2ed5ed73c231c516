//! The requirements of the project: its packages, its folders, and one binary whose server functions wrap `api.sign_in`
//! and `api.get_session`. `end2end/tests/hydration.spec.ts` tests that hydration sends no request.
#![cfg(feature = "ssr")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use std::path::Path;
use std::process::Command;

use aura_auth::testing::session_cookie;
use aura_auth::{Auth, User};
use reqwest::header::{ACCEPT, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use support::{SALT, SECRET, Server};

const PACKAGES: [&str; 10] = [
    "leptos",
    "leptos_axum",
    "leptos_router",
    "axum",
    "oauth2",
    "jsonwebtoken",
    "aes-gcm",
    "serde",
    "tokio",
    "reqwest",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

#[test]
fn the_ten_packages_are_direct_dependencies() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let ours =
        packages.iter().filter(|package| ["aura-auth", "aura-auth-app"].map(Some).contains(&package["name"].as_str()));
    // Dev-dependencies are not part of the product.
    let dependencies: Vec<_> = ours
        .flat_map(|package| package["dependencies"].as_array().unwrap())
        .filter(|dependency| dependency["kind"].is_null())
        .map(|dependency| dependency["name"].as_str().unwrap())
        .collect();
    for package in PACKAGES {
        assert!(dependencies.contains(&package), "{package}: {dependencies:?}");
    }
}

#[test]
fn the_six_required_files_and_folders_are_in_the_repository_root() {
    for name in ["Cargo.toml", "src", "app", "style", "end2end", ".env.example"] {
        assert!(root().join(name).exists(), "{name}");
    }
}

/// `cargo xtask dist` builds the binary with these features.
#[test]
fn the_binary_that_is_deployed_has_no_stand_in() {
    let has_testing = |features: &str| {
        let tree = "tree --offline --package aura-auth-app --edges no-dev --depth 1 --format {p}:{f} --features";
        let mut cargo = Command::new(env!("CARGO"));
        let output = cargo.args(tree.split(' ')).arg(features).current_dir(root()).output().unwrap();
        let dependencies = String::from_utf8(output.stdout).unwrap();
        let library = dependencies.lines().find(|line| line.contains("aura-auth v")).unwrap();
        library.split(':').next_back().unwrap().split(',').any(|feature| feature == "testing")
    };
    assert!(!has_testing("embed"));
    assert!(has_testing("embed,demo"));
}

/// This test needs a program without the demo. `cargo test` builds one. `cargo xtask test` runs this test separately.
#[cfg(not(feature = "demo"))]
#[test]
fn without_the_demo_the_program_names_the_command_that_builds_it() {
    for (arguments, words) in
        [(&["--demo", "--port", "0"][..], "cargo xtask dist --demo"), (&["--port", "0"], "AURA_AUTH_SECRET is not set")]
    {
        let output = support::run(arguments, &[]);
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains(words), "{output:?}");
    }
}

/// The binary as it is deployed.
struct App {
    server: Server,
    client: Client,
}

impl App {
    fn start() -> Self {
        let environment = [
            ("AURA_AUTH_SECRET", SECRET),
            ("AURA_AUTH_SALT", SALT),
            ("AURA_AUTH_BITBUCKET_CLIENT_ID", "key"),
            ("AURA_AUTH_BITBUCKET_CLIENT_SECRET", "secret"),
        ];
        let server = Server::start(&["--port", "0", "--demo=never"], &environment);
        Self { server, client: Client::builder().redirect(Policy::none()).build().unwrap() }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address)
    }

    async fn get(&self, path: &str, cookie: &str) -> Response {
        self.client.get(self.url(path)).header(ACCEPT, "text/html").header(COOKIE, cookie).send().await.unwrap()
    }

    /// Posts a form like a browser does. `accept` says whether a script sends it.
    async fn post(&self, path: &str, accept: &str, cookie: &str, body: &'static str) -> Response {
        let request = self.client.post(self.url(path)).header(ACCEPT, accept).header(COOKIE, cookie);
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        request.header("sec-fetch-site", "same-origin").body(body).send().await.unwrap()
    }
}

/// Returns a cookie of Ada's session.
fn ada() -> String {
    let auth = Auth::builder()
        .environment::<&str, &str>([])
        .secret(SECRET)
        .salt(SALT)
        .oauth([aura_auth::oauth::bitbucket().client_id("key").client_secret("secret")])
        .build()
        .unwrap();
    session_cookie(&auth, User::new("{ada}").with_name("Ada Lovelace".to_owned())).unwrap()
}

#[tokio::test]
async fn the_sign_in_form_redirects_to_the_provider_and_sets_the_flow_cookie() {
    let app = App::start();
    let page = app.get("/sign-in", "").await.text().await.unwrap();
    assert!(page.contains("<form action=\"/api/aura-auth/sign_in\" method=\"post\""), "{page}");
    let answer = app.post("/api/aura-auth/sign_in", "text/html", "", "provider=bitbucket").await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let location = answer.headers()[LOCATION].to_str().unwrap();
    assert!(location.starts_with("https://bitbucket.org/site/oauth2/authorize?"), "{location}");
    let cookie = answer.headers()[SET_COOKIE].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
}

#[tokio::test]
async fn get_session_returns_the_session_or_null_and_the_first_html_shows_the_name() {
    let app = App::start();
    let cookie = ada();
    for (cookie, expected) in [("", "null"), (&cookie, "\"sub\":\"{ada}\"")] {
        let answer = app.post("/api/aura-auth/get_session", "application/json", cookie, "").await;
        assert_eq!(answer.status(), StatusCode::OK);
        let body = answer.text().await.unwrap();
        assert!(body.contains(expected), "{body}");
    }
    let page = app.get("/", &cookie).await.text().await.unwrap();
    let before_scripts = page.split("</html>").next().unwrap();
    assert!(before_scripts.contains(">Ada Lovelace</a>"), "{page}");
}

#[tokio::test]
async fn one_binary_serves_pages_and_the_handlers_under_auth() {
    let app = App::start();
    assert_eq!(app.get("/", "").await.status(), StatusCode::OK);
    assert_eq!(app.get("/auth/session", "").await.status(), StatusCode::UNAUTHORIZED);
    let answer = app.get("/auth/signIn/bitbucket", "").await;
    assert!(answer.headers()[LOCATION].to_str().unwrap().starts_with("https://bitbucket.org/"));
    for (path, allowed) in [("/auth/signIn/bitbucket", "GET,POST"), ("/auth/callback/bitbucket?code=x&state=y", "GET")]
    {
        let answer = app.client.head(app.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(answer.headers()["allow"], allowed, "{path}");
    }
}
