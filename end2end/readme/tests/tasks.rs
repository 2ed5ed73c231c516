//! The README's tasks, each over HTTP against a stand-in.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use aura_auth::leptos::provide_session;
use aura_auth::testing::{BitbucketStandIn, ProviderStandIn};
use aura_auth::{Auth, AuthBuilder, SystemRandom, generate_secret};
use aura_auth_readme::{
    Tasks, a_page_for_a_role, a_page_for_a_role_server, an_axum_handler, sign_in_with_github_too_server,
    users_in_your_own_database_server,
};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{ACCEPT, CONTENT_TYPE, COOKIE, HOST, HeaderName, LOCATION, REFERER, SET_COOKIE};
use axum::http::{Request, StatusCode};
use leptos::prelude::*;
use leptos_axum::{AxumRouteListing, LeptosRoutes, generate_route_list};
use leptos_router::components::Router as PageRouter;
use tower::ServiceExt;

const ORIGIN: &str = "http://localhost";
const HTML: &str = "text/html";

/// The app of a README's example, with stand-ins for its providers.
struct Site {
    router: Router,
    bitbucket: BitbucketStandIn,
    github: ProviderStandIn,
}

impl Site {
    async fn new(builder: AuthBuilder) -> Self {
        Self::with_pages(builder, ROUTE_LISTS.tasks.clone(), Tasks).await
    }

    async fn with_pages<V: IntoView + 'static>(
        builder: AuthBuilder,
        routes: Vec<AxumRouteListing>,
        pages: fn() -> V,
    ) -> Self {
        let bitbucket = BitbucketStandIn::new("key", "secret", "http://localhost/auth/callback/bitbucket");
        let github = ProviderStandIn::github("id", "secret", "http://localhost/auth/callback/github");
        let (bitbucket_url, github_url) = (serve(bitbucket.router()).await, serve(github.router()).await);
        let secret = || generate_secret(&SystemRandom).unwrap();
        let auth = builder
            .environment([
                ("AURA_AUTH_BITBUCKET_URL", bitbucket_url.as_str()),
                ("AURA_AUTH_BITBUCKET_CLIENT_ID", "key"),
                ("AURA_AUTH_BITBUCKET_CLIENT_SECRET", "secret"),
                ("AURA_AUTH_GITHUB_URL", github_url.as_str()),
                ("AURA_AUTH_GITHUB_CLIENT_ID", "id"),
                ("AURA_AUTH_GITHUB_CLIENT_SECRET", "secret"),
            ])
            .secret(secret())
            .salt(secret())
            .build()
            .unwrap();
        let options = LeptosOptions::builder().output_name("readme").build();
        let router = Router::new()
            .leptos_routes_with_context(&options, routes, auth.context(), move || {
                view! { <html><body>{pages()}</body></html> }
            })
            .merge(an_axum_handler::routes())
            .nest("/auth", auth.handlers())
            .layer(auth.layer())
            .with_state(options);
        Self { router, bitbucket, github }
    }

    fn browser(&self) -> Browser<'_> {
        Browser { site: self, cookies: BTreeMap::new() }
    }
}

/// While Leptos generates an app's route list, no resource in this process loads. So the route lists of both apps are
/// generated before the first request.
struct RouteLists {
    tasks: Vec<AxumRouteListing>,
    role: Vec<AxumRouteListing>,
}

static ROUTE_LISTS: LazyLock<RouteLists> =
    LazyLock::new(|| RouteLists { tasks: generate_route_list(Tasks), role: generate_route_list(RolePage) });

#[component]
fn RolePage() -> impl IntoView {
    provide_session();
    view! { <PageRouter><a_page_for_a_role::Pages/></PageRouter> }
}

/// Serves a stand-in on a free port, and returns its origin.
async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, router).into_future());
    origin
}

/// A browser without scripts.
struct Browser<'a> {
    site: &'a Site,
    cookies: BTreeMap<String, String>,
}

struct Answer {
    status: StatusCode,
    location: String,
    body: String,
}

impl Browser<'_> {
    async fn send(&mut self, request: axum::http::request::Builder, body: &str) -> Answer {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request.header(HOST, "localhost").header(COOKIE, cookies.join("; "));
        let response =
            self.site.router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
        for line in response.headers().get_all(SET_COOKIE) {
            let (name, value) = line.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        self.cookies.retain(|_, value| !value.is_empty());
        let header = |name: HeaderName| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (status, location) = (response.status(), header(LOCATION).unwrap_or_default());
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        Answer { status, location, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path).header(ACCEPT, HTML), "").await
    }

    async fn post(&mut self, path: &str, accept: &str, form: &str) -> Answer {
        let request = Request::post(path).header("sec-fetch-site", "same-origin").header(ACCEPT, accept);
        let request = request.header(REFERER, "http://localhost/");
        self.send(request.header(CONTENT_TYPE, "application/x-www-form-urlencoded"), form).await
    }

    async fn sign_in<Q>(&mut self, provider: &str, stand_in: &ProviderStandIn<Q>, account: &str) -> Answer {
        let started = self.get(&format!("/auth/signIn/{provider}")).await;
        let callback = stand_in.approve(account, &started.location).unwrap();
        self.get(callback.strip_prefix(ORIGIN).unwrap()).await
    }
}

/// Signs in with Bitbucket.
async fn member<'a>(site: &'a Site, account: &str) -> Browser<'a> {
    let mut browser = site.browser();
    assert_eq!(browser.sign_in("bitbucket", &site.bitbucket, account).await.location, "/");
    browser
}

fn bitbucket() -> AuthBuilder {
    Auth::builder().oauth(["bitbucket"])
}

#[tokio::test]
async fn the_navigation_shows_who_is_signed_in() {
    let site = Site::new(bitbucket()).await;
    let page = site.browser().get("/").await.body;
    assert!(page.contains(">Sign in</a>") && !page.contains("Sign out"), "{page}");
    let page = member(&site, "ada").await.get("/").await.body;
    assert!(page.contains("<span>Ada Lovelace</span>") && page.contains("Sign out"), "{page}");
    assert!(!page.contains(">Sign in</a>"), "{page}");
}

#[tokio::test]
async fn the_server_function_requires_a_session() {
    let site = Site::new(bitbucket()).await;
    let (path, json, form) = ("/api/add_note", "application/json", "text=hello");
    assert_eq!(site.browser().post(path, json, form).await.status, StatusCode::UNAUTHORIZED);
    let person = site.browser().post(path, HTML, form).await;
    assert!(person.status.is_redirection() && person.location.starts_with("/sign-in"), "{}", person.location);
    let failed = member(&site, "ada").await.post(path, HTML, "").await;
    assert!(failed.status.is_redirection() && failed.location.contains("__err="), "{}", failed.location);
    let saved = member(&site, "ada").await.post(path, json, form).await;
    assert_eq!((saved.status, saved.body.as_str()), (StatusCode::OK, "\"Ada Lovelace wrote: hello\""));
}

#[tokio::test]
async fn only_an_administrator_sees_the_page() {
    let site = Site::with_pages(a_page_for_a_role_server::auth(), ROUTE_LISTS.role.clone(), RolePage).await;
    let stranger = site.browser().get("/admin").await;
    assert_eq!((stranger.status, stranger.location.as_str()), (StatusCode::FOUND, "/sign-in?redirectTo=%2Fadmin"));
    let ada = member(&site, "ada").await.get("/admin").await;
    assert!(ada.status == StatusCode::OK && ada.body.contains("<h1>Administration</h1>"), "{}", ada.body);
    let grace = member(&site, "grace").await.get("/admin").await;
    assert!(grace.status == StatusCode::FORBIDDEN && grace.body.contains("Only administrators"), "{}", grace.body);
}

#[tokio::test]
async fn the_handler_redirects_a_person_and_rejects_a_program() {
    let site = Site::new(bitbucket()).await;
    let person = site.browser().get("/report").await;
    assert!(person.status.is_redirection() && person.location.starts_with("/sign-in?redirectTo=%2Freport"));
    let program = site.browser().send(Request::get("/report").header(ACCEPT, "application/json"), "").await;
    assert_eq!(program.status, StatusCode::UNAUTHORIZED);
    let report = member(&site, "ada").await.get("/report").await.body;
    assert_eq!(report, "The report of {a54f16da-24e9-4d7f-a3a7-b1ba2cd98aa3}");
}

#[tokio::test]
async fn the_workspaces_come_from_bitbucket_s_api() {
    let site = Site::new(bitbucket()).await;
    let path = "/auth/providers/bitbucket/workspaces";
    assert_eq!(site.browser().post(path, "application/json", "").await.status, StatusCode::UNAUTHORIZED);
    let mut ada = member(&site, "ada").await;
    assert_eq!(ada.post(path, "application/json", "").await.body, r#"["analytical-engine"]"#);
    site.bitbucket.remove_app();
    assert_ne!(ada.post(path, "application/json", "").await.status, StatusCode::OK);
    let page = ada.get("/workspaces").await.body;
    assert!(page.contains("Loading…"), "the server renders the fallback: {page}");
}

#[tokio::test]
async fn people_sign_in_with_github_too() {
    let site = Site::new(sign_in_with_github_too_server::auth()).await;
    let mut browser = site.browser();
    let page = browser.get("/sign-in?redirectTo=/account").await.body.replace("<!>", "");
    assert!(page.contains("Continue with Bitbucket") && page.contains("Continue with GitHub"), "{page}");
    assert_eq!(browser.sign_in("github", &site.github, "ada").await.location, "/");
    assert!(browser.get("/").await.body.contains("<span>Ada Lovelace</span>"));
}

#[tokio::test]
async fn the_session_contains_the_app_s_own_user_id() {
    let users = users_in_your_own_database_server::Users::default();
    let site = Site::new(users_in_your_own_database_server::auth(users)).await;
    for (account, line) in
        [("ada", "Ada Lovelace is user 1"), ("grace", "Grace Hopper is user 2"), ("ada", "Ada Lovelace is user 1")]
    {
        let page = member(&site, account).await.get("/account").await.body;
        assert!(page.contains(line), "{page}");
    }
}

#[tokio::test]
async fn a_linked_account_belongs_to_the_same_user() {
    let users = users_in_your_own_database_server::Users::default();
    let site = Site::new(users_in_your_own_database_server::auth(users).oauth(["github"])).await;
    let mut ada = member(&site, "ada").await;
    let started = ada.post("/api/aura-auth/link_account", HTML, "provider=github").await;
    let callback = site.github.approve("ada", &started.location).unwrap();
    assert_eq!(ada.get(callback.strip_prefix(ORIGIN).unwrap()).await.location, "/");
    let mut later = site.browser();
    later.sign_in("github", &site.github, "ada").await;
    assert!(later.get("/account").await.body.contains("Ada Lovelace is user 1"));
    let mut grace = site.browser();
    grace.sign_in("github", &site.github, "grace").await;
    assert!(!grace.get("/account").await.body.contains("is user 1"));
}

/// The README shows the whole program.
#[test]
fn the_readme_shows_the_stand_in_of_the_examples() {
    let program = include_str!("../../../examples/stand_in.rs");
    let code = program.split_once("\n\n").unwrap().1.trim_end();
    assert!(include_str!("../../../README.md").contains(&format!("```rust,no_run\n{code}\n```")), "{code}");
}
