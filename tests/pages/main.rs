//! The Leptos side on the server, over real HTTP: pages and server functions without a browser.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]
#![allow(dead_code, reason = "the app has more in it than these tests need")]

#[path = "../support/app.rs"]
mod app;
#[path = "../support/server_functions.rs"]
mod calls;
#[path = "../support/log.rs"]
mod log;
#[path = "../support/test_app.rs"]
mod test_app;

mod cost;
mod routes;
mod server_function_forms;
mod server_function_refusals;
mod server_functions;
mod server_side;
mod session_list;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aura_auth::leptos::server_functions::{EndSession, FetchSession};
use aura_auth::leptos::{
    Protected, SignIn, SignOut, SignedIn, SignedOut, access_token, provide_session, use_redirect_to, use_session,
};
use aura_auth::store::MemoryStore;
use aura_auth::testing::{TestStore, session_cookie};
use aura_auth::{Auth, AuthBuilder, SessionDecision};
use axum::Router;
use axum::routing::get;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_axum::{AxumRouteListing, LeptosRoutes, file_and_error_handler_with_context, generate_route_list};
use leptos_router::components::{Route, Router as Pages, Routes};
use leptos_router::{SsrMode, path};
use reqwest::{Method, StatusCode};

use self::test_app::{Browser, HTML, JSON, SALT, SECRET, TestApp, listen, parameter, serve};

#[component]
fn App() -> impl IntoView {
    provide_session();
    view! {
        <Pages>
            <header><SignedIn><SignOut>"leave"</SignOut></SignedIn></header>
            <Routes fallback=|| "nothing">
                <Route path=path!("/") view=Front/>
                <Route path=path!("/sign-in") view=Login/>
                <Route path=path!("/tokens") view=Tokens ssr=SsrMode::Async/>
                <Route path=path!("/private") view=|| view! { <Protected>"what only members see"</Protected> }/>
            </Routes>
        </Pages>
    }
}

#[component]
fn Front() -> impl IntoView {
    let session = use_session();
    let name = move || session.user().and_then(|user| user.name);
    view! {
        <p id="status">{session.status().as_str()}</p>
        <p id="plain">{name}</p>
        <Suspense fallback=|| "waiting">
            <p id="suspended">
                {move || Suspend::new(async move { session.await.and_then(|session| session.user.name) })}
            </p>
        </Suspense>
        <Transition fallback=|| "waiting"><p id="transition">{name}</p></Transition>
        // This reads the session as any resource is read.
        <p id="resource">{move || session.get().flatten().and_then(|session| session.user.name)}</p>
        <SignedIn><SignOut>"out"</SignOut></SignedIn>
        <SignedOut><SignIn provider="bitbucket" redirect_to="/private">"in"</SignIn></SignedOut>
    }
}

/// A resource on the server that needs the provider's token.
#[component]
fn Tokens() -> impl IntoView {
    let length = Resource::new(|| (), async |()| token_length().await);
    view! { <Suspense>{move || length.get().map(|length| view! { <p id="length">{format!("{length:?}")}</p> })}</Suspense> }
}

#[component]
fn Login() -> impl IntoView {
    view! { <SignIn provider="bitbucket" redirect_to=use_redirect_to()>"in"</SignIn> }
}

fn shell() -> impl IntoView {
    view! { <!DOCTYPE html><html><body><App/></body></html> }
}

/// While Leptos generates an app's route list, no resource in this process loads. So the route lists of all apps are
/// generated before the first request.
struct RouteLists {
    front: Vec<AxumRouteListing>,
    routes: Vec<AxumRouteListing>,
    notes: Vec<AxumRouteListing>,
    devices: Vec<AxumRouteListing>,
}

static ROUTE_LISTS: LazyLock<RouteLists> = LazyLock::new(|| RouteLists {
    front: generate_route_list(App),
    routes: generate_route_list(routes::App),
    notes: generate_route_list(server_side::App),
    devices: generate_route_list(session_list::App),
});

fn router(auth: &Auth) -> Router {
    let options = LeptosOptions::builder().output_name("pages").build();
    Router::new()
        .leptos_routes_with_context(&options, ROUTE_LISTS.front.clone(), auth.context(), shell)
        .nest("/auth", auth.handlers())
        .layer(auth.layer())
        .with_state(options)
}

/// A server function of the app that calls the provider.
#[server(prefix = "/auth/providers/bitbucket", endpoint = "token_length")]
async fn token_length() -> Result<usize, aura_auth::AuthError> {
    Ok(access_token("bitbucket").await?.expose().len())
}

/// The same function at a path to which browsers do not send the cookies of the provider's tokens.
#[server(prefix = "/api", endpoint = "token_length")]
async fn token_length_elsewhere() -> Result<usize, aura_auth::AuthError> {
    Ok(access_token("bitbucket").await?.expose().len())
}

/// Starts the app on a socket, and returns its browser.
async fn open_app() -> (Auth, Browser) {
    let auth = Auth::builder()
        .environment::<&str, &str>([])
        .secret(SECRET)
        .salt(SALT)
        .oauth([aura_auth::oauth::bitbucket().client_id("key").client_secret("secret")])
        .build()
        .unwrap();
    let router = router(&auth);
    let (listener, origin) = listen().await;
    serve(listener, router);
    (auth, Browser::new(&origin))
}

fn sign_in(auth: &Auth, browser: &mut Browser) {
    let user = aura_auth::User::new("x").with_name("Ada </script> \"&".to_owned());
    browser.headers = vec![("cookie".into(), session_cookie(auth, user).unwrap())];
}

/// Returns the value of a form field in a page.
fn field(html: &str, name: &str) -> String {
    let start = html.find(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("no field {name}: {html}"));
    html[start..].split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// Starts an app that serves files and has a page for unknown paths.
async fn app_with_files(change: impl FnOnce(AuthBuilder) -> AuthBuilder) -> TestApp {
    let pages = |auth: &Auth| {
        let options = LeptosOptions::builder().output_name("pages").site_root("tests/pages").build();
        Router::new()
            .leptos_routes_with_context(&options, ROUTE_LISTS.front.clone(), auth.context(), shell)
            .fallback(file_and_error_handler_with_context::<LeptosOptions, _>(auth.context(), |_| shell()))
            .nest("/auth", auth.handlers())
            .layer(auth.layer())
            .route("/healthz", get(async || "ok"))
            .with_state(options)
    };
    TestApp::serving(pages, change).await
}

/// The part of reading a session that is slow.
#[derive(Clone, Copy, Debug)]
enum Slow {
    /// The store of the sessions answers after 50 ms.
    Store,
    /// The app's `on_session` hook returns after 50 ms.
    Hook,
}

/// Starts an app where reading a session takes 50 ms. Also returns a counter of the reads.
async fn slow_app(slow: Slow) -> (TestApp, impl Fn() -> usize) {
    let decided = Arc::new(AtomicUsize::new(0));
    let (store, count) = (TestStore::new(MemoryStore::default()), Arc::clone(&decided));
    store.set_delay(Duration::from_millis(50));
    let slow_store = store.clone();
    let app = app_with_files(move |builder| match slow {
        Slow::Store => builder.store(slow_store),
        Slow::Hook => builder.on_session(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            async {
                tokio::time::sleep(Duration::from_millis(50)).await;
                SessionDecision::Keep
            }
        }),
    })
    .await;
    let reads = move || match slow {
        Slow::Store => store.calls("session"),
        Slow::Hook => decided.load(Ordering::Relaxed),
    };
    (app, reads)
}

#[tokio::test]
async fn a_page_is_rendered_after_the_session_is_known() {
    for slow in [Slow::Store, Slow::Hook] {
        let (app, found_out) = slow_app(slow).await;
        let mut browser = app.signed_in().await;
        for (path, headers, status, count) in [
            ("/", vec![HTML], StatusCode::OK, 1),
            ("/", vec![JSON], StatusCode::OK, 1),
            ("/private", vec![("accept", "*/*")], StatusCode::OK, 1),
            ("/nowhere", vec![HTML], StatusCode::NOT_FOUND, 1),
            ("/main.rs", vec![("accept", "*/*")], StatusCode::OK, 0),
            ("/healthz", vec![HTML], StatusCode::OK, 0),
        ] {
            let before = found_out();
            let answer = browser.send(Method::GET, path, &headers, "").await;
            assert_eq!((answer.status, found_out() - before), (status, count), "{slow:?} {path}");
            let is_page = answer.headers.get("cache-control").is_some_and(|value| value == "no-store");
            assert_eq!(is_page && answer.body.contains(">leave<"), count == 1, "{slow:?} {path}: {}", answer.body);
            if path == "/" {
                assert!(answer.body.contains("<p id=\"plain\">Ada Lovelace"), "{slow:?} {}", answer.body);
            }
        }
        let before = found_out();
        assert!(!app.browser().get("/").await.body.contains(">leave<"));
        assert_eq!(found_out(), before, "{slow:?}: nobody is signed in");
    }
}

#[tokio::test]
async fn the_session_is_in_the_first_html_with_suspense_and_without() {
    let (auth, mut browser) = open_app().await;
    let stranger = browser.get("/").await.body;
    assert!(stranger.contains("<p id=\"status\">unauthenticated</p>"), "{stranger}");
    assert!(stranger.contains(">in</button>") && !stranger.contains(">out</button>"));

    sign_in(&auth, &mut browser);
    let page = browser.get("/").await.body;
    let name = "Ada &lt;/script&gt; \"&amp;";
    for (id, text) in
        [("status", "authenticated"), ("plain", name), ("suspended", name), ("transition", name), ("resource", name)]
    {
        assert!(page.contains(&format!("<p id=\"{id}\">{text}")), "{id}: {page}");
    }
    assert!(!page.contains("waiting"), "{page}");
    assert!(page.contains(">out</button>") && !page.contains(">in</button>"));
    // The serialized data for hydration must not close its script element early.
    assert!(!page.contains("Ada </script>"), "{page}");
    assert!(!page.contains("csrf"), "no page has a CSRF token: {page}");
}

#[tokio::test]
async fn a_protected_page_always_redirects_with_302_and_reveals_nothing() {
    let (auth, mut browser) = open_app().await;
    for _ in 0..30 {
        for accept in [HTML, JSON, ("accept", "*/*")] {
            let answer = browser.send(Method::GET, "/private?a=1%2F2&b", &[accept], "").await;
            assert_eq!(answer.status, StatusCode::FOUND);
            assert_eq!(parameter(answer.location(), "redirectTo").as_deref(), Some("/private?a=1%2F2&b"));
            assert_eq!(answer.headers["cache-control"], "no-store");
            assert!(!answer.body.contains("what only members see"));
        }
    }
    let login = browser.get("/sign-in?redirectTo=%2Fprivate%3Fa%3D1%252F2").await.body;
    assert_eq!(field(&login, "redirect_to"), "/private?a=1%2F2");
    assert_eq!(field(&login, "from_page"), "/sign-in?redirectTo=%2Fprivate%3Fa%3D1%252F2");
    sign_in(&auth, &mut browser);
    let answer = browser.get("/private").await;
    assert!(answer.status == StatusCode::OK && answer.body.contains("what only members see"));
    assert_eq!(answer.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn a_server_function_gets_the_access_token_and_the_browser_the_refreshed_one() {
    let app = test_app::TestApp::serving(router, |builder| builder).await;
    let mut browser = app.signed_in().await;
    let url = TokenLength::url();
    let answer = browser.send(Method::POST, url, &[JSON], "").await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "2500"));
    let before = browser.cookie("aura-auth.provider_tokens.bitbucket.0").unwrap().to_owned();

    app.clock.advance(7200);
    let answer = browser.send(Method::POST, url, &[JSON], "").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_ne!(browser.cookie("aura-auth.provider_tokens.bitbucket.0").unwrap(), before);
    let csrf = browser.csrf_token().await;
    browser.send(Method::DELETE, "/auth/providers/bitbucket", &[JSON, ("x-csrf-token", &csrf)], "").await;
    assert_eq!(browser.send(Method::POST, url, &[JSON], "").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_resource_of_a_page_has_the_provider_s_token_if_it_is_in_a_store() {
    let app = test_app::TestApp::serving(router, |builder| builder.store(MemoryStore::default())).await;
    let mut browser = app.signed_in().await;
    let page = browser.get("/tokens").await;
    assert!(page.body.contains("<p id=\"length\">Ok(2500)</p>"), "{}", page.body);
    let app = test_app::TestApp::serving(router, |builder| builder).await;
    let page = app.signed_in().await.get("/tokens").await;
    assert!(page.body.contains("ProviderTokensNotSent"), "pages do not have the cookie: {}", page.body);
}

#[tokio::test]
async fn pages_and_server_functions_prolong_a_session_once_and_a_sign_out_ends_it() {
    let config = aura_auth::SessionConfig::default().expiration(aura_auth::Expiration::Rolling);
    let app = test_app::TestApp::serving(router, |builder| builder.session(config)).await;
    let mut browser = app.signed_in().await;
    for (method, url, headers) in [
        (Method::GET, "/", vec![HTML]),
        (Method::GET, "/private", vec![HTML]),
        (Method::POST, FetchSession::url(), vec![JSON]),
    ] {
        app.clock.advance(60);
        let answer = browser.send(method, url, &headers, "").await;
        let set = answer.set_cookies().iter().filter(|line| line.contains(".session_token=")).count();
        assert_eq!(set, 1, "{url} {:?}", answer.set_cookies());
    }
    app.clock.advance(60);
    browser.post_form(EndSession::url(), &[]).await;
    assert!(browser.kept().is_empty(), "{:?}", browser.cookies);
}

/// Attack: a store that can't be reached sends signed-in people to the sign-in page, or shows them as signed out
/// Standards: ASVS 16.5.2, 16.5.3
#[tokio::test]
async fn while_the_store_is_down_no_page_says_that_nobody_is_signed_in() {
    let store = TestStore::new(MemoryStore::default());
    let shared = store.clone();
    let app = app_with_files(move |builder| builder.store(shared)).await;
    let mut browser = app.signed_in().await;
    store.set_down(true);
    for path in ["/", "/private"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(page.body.contains("Please try again soon") && !page.body.contains("hydrate"), "{}", page.body);
        assert!(page.set_cookies().is_empty(), "{path}");
    }
    let url = aura_auth::leptos::server_functions::FetchSession::url();
    let answer = calls::call(&mut browser, url, &[JSON], "").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "the page keeps its session, as stale");
    assert!(answer.body.contains("SESSION_STORE_UNAVAILABLE"), "{}", answer.body);
    store.set_down(false);
    assert_eq!(browser.get("/private").await.status, StatusCode::OK);
}
