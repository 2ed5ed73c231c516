//! Routes that only some people may open, in every rendering mode.

use std::sync::atomic::{AtomicUsize, Ordering};

use aura_auth::leptos::{
    GuestRoute, ProtectedParentRoute, ProtectedRoute, provide_session, use_providers, use_session,
};
use aura_auth::oauth::ProviderBuilder;
use aura_auth::{Auth, User};
use axum::Router;
use leptos::prelude::*;
use leptos_axum::LeptosRoutes;
use leptos_router::components::{Outlet, Route, Router as Pages, Routes};
use leptos_router::static_routes::StaticRoute;
use leptos_router::{SsrMode, path};
use reqwest::{Method, StatusCode};

use crate::test_app::{self, Browser, HTML, JSON, TestApp, listen, parameter, serve};

const SECRET: &str = "what only members see";

/// Counts how often the page ran although nobody was signed in.
static RUNS_FOR_NOBODY: AtomicUsize = AtomicUsize::new(0);

#[component]
pub(crate) fn App() -> impl IntoView {
    provide_session();
    let is_admin = |user: User| user.get::<String>("role").as_deref() == Some("admin");
    view! {
        <Pages>
            <Routes fallback=|| "nothing">
                <GuestRoute path=path!("/sign-in") view=SignInPage home="/home"/>
                <ProtectedRoute path=path!("/out-of-order") view=Private/>
                <ProtectedRoute path=path!("/in-order") view=Private ssr=SsrMode::InOrder/>
                <ProtectedRoute path=path!("/partially") view=Private ssr=SsrMode::PartiallyBlocked/>
                <ProtectedRoute path=path!("/async") view=Private ssr=SsrMode::Async/>
                <ProtectedRoute path=path!("/static") view=Private ssr=SsrMode::Static(StaticRoute::new())/>
                <Route path=path!("/static-providers") view=Providers ssr=SsrMode::Static(StaticRoute::new())/>
                <ProtectedRoute path=path!("/admin") view=Private condition=is_admin forbidden=|| "for administrators"/>
                <ProtectedRoute path=path!("/wordless") view=Private condition=is_admin/>
                <ProtectedParentRoute path=path!("/settings") view=Layout>
                    <Route path=path!("") view=Private/>
                    <Route path=path!("/teams/:id") view=Private/>
                </ProtectedParentRoute>
            </Routes>
        </Pages>
    }
}

#[component]
fn SignInPage() -> impl IntoView {
    view! { "please sign in " <Providers/> }
}

#[component]
fn Providers() -> impl IntoView {
    let names = use_providers().into_iter().map(|provider| format!("[{}: {}]", provider.id, provider.name));
    view! { <p>{names.collect::<String>()}</p> }
}

#[derive(Clone)]
struct Given(&'static str);

#[component]
fn Layout() -> impl IntoView {
    provide_context(Given("from the layout"));
    view! { <h1>"layout"</h1> <Outlet/> }
}

#[component]
fn Private() -> impl IntoView {
    let session = use_session();
    if session.user().is_none() {
        RUNS_FOR_NOBODY.fetch_add(1, Ordering::SeqCst);
    }
    let later = Resource::new(|| (), |()| async { tokio::task::yield_now().await });
    view! {
        <p>{SECRET} {move || session.user().and_then(|user| user.name)}</p>
        <p>{use_context::<Given>().map(|given| given.0)}</p>
        <Suspense fallback=|| "…">{move || later.get().map(|()| "later")}</Suspense>
    }
}

fn shell() -> impl IntoView {
    view! { <!DOCTYPE html><html><body><App/></body></html> }
}

fn router(auth: &Auth) -> Router {
    // Static pages are files, so each app has a folder of its own.
    static APPS: AtomicUsize = AtomicUsize::new(0);
    let app = APPS.fetch_add(1, Ordering::Relaxed);
    let site = std::env::temp_dir().join(format!("aura-auth-pages-{}-{app}", std::process::id()));
    let options = LeptosOptions::builder().output_name("pages").site_root(site.to_string_lossy().to_string()).build();
    Router::new()
        .leptos_routes_with_context(&options, crate::ROUTE_LISTS.routes.clone(), auth.context(), shell)
        .nest("/auth", auth.handlers())
        .layer(auth.layer())
        .with_state(options)
}

async fn open_app() -> TestApp {
    TestApp::serving(router, |builder| builder).await
}

/// Attack: a stranger reads what a protected page streams
/// Standards: ASVS 8.3.1
#[tokio::test]
async fn a_protected_route_redirects_with_302_in_every_mode_and_does_not_run_the_page() {
    let app = open_app().await;
    let mut stranger = app.browser();
    for path in ["/out-of-order", "/in-order", "/partially", "/async", "/settings", "/settings/teams/7?tab=a%2Fb"] {
        for _ in 0..10 {
            for accept in [HTML, JSON, ("accept", "*/*")] {
                let answer = stranger.send(Method::GET, path, &[accept], "").await;
                assert_eq!(answer.status, StatusCode::FOUND, "{path}");
                assert!(answer.location().starts_with("/sign-in?"), "{path} {}", answer.location());
                assert_eq!(parameter(answer.location(), "redirectTo").as_deref(), Some(path));
                assert!(!answer.body.contains(SECRET) && !answer.body.contains("layout"), "{path}");
            }
        }
    }
    assert_eq!(RUNS_FOR_NOBODY.load(Ordering::SeqCst), 0);

    let mut member = app.signed_in().await;
    for path in ["/out-of-order", "/in-order", "/partially", "/async", "/settings", "/settings/teams/7"] {
        let answer = member.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.body.contains(SECRET) && answer.body.contains("Ada Lovelace"), "{path} {}", answer.body);
        assert_eq!(answer.body.contains("from the layout"), path.starts_with("/settings"), "{path}");
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
    }
}

#[tokio::test]
async fn every_route_uses_the_configured_sign_in_page() {
    let app = TestApp::serving(router, |builder| builder.sign_in_page("/login")).await;
    let mut stranger = app.browser();
    for path in ["/out-of-order", "/async", "/admin", "/settings/teams/7"] {
        let answer = stranger.get(path).await;
        assert!(answer.location().starts_with("/login?redirectTo="), "{path} {}", answer.location());
    }
    // A static page can redirect only in the browser.
    let answer = stranger.get("/static").await;
    assert!(answer.body.contains(r#"\"signInPage\":\"/login\""#), "{}", answer.body);
}

#[tokio::test]
async fn pages_and_static_pages_list_all_providers_in_order() {
    let app = TestApp::serving(router, |builder| {
        let user = |_: serde_json::Value| User::default();
        let urls = ["https://x.example/authorize", "https://x.example/token", "https://x.example/user"];
        let acme = ProviderBuilder::new("acme", urls[0], urls[1], urls[2], user).name("Acme & Co");
        builder.oauth([acme.client_id("key").client_secret("what nobody may see")])
    })
    .await;
    for path in ["/sign-in", "/static-providers"] {
        let page = app.browser().get(path).await.body;
        assert!(page.contains("[bitbucket: Bitbucket][other: Bitbucket][acme: Acme &amp; Co]"), "{path}: {page}");
        assert!(!page.contains("what nobody may see"), "{path}: {page}");
    }
}

#[tokio::test]
async fn an_app_without_providers_lists_none() {
    let (listener, origin) = listen().await;
    let auth =
        Auth::builder().environment::<&str, &str>([]).secret(test_app::SECRET).salt(test_app::SALT).build().unwrap();
    serve(listener, router(&auth));
    for path in ["/sign-in", "/static-providers"] {
        let answer = Browser::new(&origin).get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.body.contains("<p> </p>"), "{path}: {}", answer.body);
        assert!(answer.body.contains(r#"\"providers\":[]"#), "{path}: {}", answer.body);
    }
}

/// Attack: a page rendered once has somebody in it
/// Standards: ASVS 14.3.2
#[tokio::test]
async fn a_static_page_contains_no_session_and_no_private_data() {
    let app = open_app().await;
    let mut member = app.signed_in().await;
    for browser in [&mut member, &mut app.browser()] {
        let answer = browser.get("/static").await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(!answer.body.contains(SECRET) && !answer.body.contains("Ada"), "{}", answer.body);
        assert!(answer.body.contains("\\\"known\\\":false"), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_failed_condition_gives_status_403_with_a_message_and_without_the_page() {
    let app = open_app().await;
    assert_eq!(app.browser().get("/admin").await.status, StatusCode::FOUND);
    let answer = app.signed_in().await.get("/admin").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.body.contains("for administrators") && !answer.body.contains(SECRET), "{}", answer.body);
    let answer = app.signed_in().await.get("/wordless").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.body.contains("You may not see this page.") && !answer.body.contains(SECRET), "{}", answer.body);

    let admit = async |sign_in: aura_auth::PendingSignIn| {
        aura_auth::SignInDecision::AllowAs(sign_in.user.with("role", "admin"))
    };
    let app = TestApp::serving(router, |builder| builder.on_sign_in(admit)).await;
    let answer = app.signed_in().await.get("/admin").await;
    assert!(answer.status == StatusCode::OK && answer.body.contains(SECRET), "{}", answer.body);
}

#[tokio::test]
async fn a_guest_route_redirects_signed_in_people_to_their_redirect_target() {
    let app = open_app().await;
    let page = app.browser().get("/sign-in?redirectTo=/x").await;
    assert!(page.status == StatusCode::OK && page.body.contains("please sign in"));
    let mut member = app.signed_in().await;
    for (query, expected) in [
        ("", "/home"),
        ("?redirectTo=", "/home"),
        ("?redirectTo=%2Fdashboard%3Fa%3D1%252F2", "/dashboard?a=1%2F2"),
        ("?redirectTo=https%3A%2F%2Fevil.example", "/home"),
        ("?redirectTo=%2F%2Fevil.example", "/home"),
        ("?redirectTo=%2F%5Cevil.example", "/home"),
        ("?redirectTo=javascript%3Aalert(1)", "/home"),
        ("?redirectTo=%2Fauth%2FsignOut", "/home"),
    ] {
        let answer = member.get(&format!("/sign-in{query}")).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::FOUND, expected), "{query}");
        assert!(!answer.body.contains("please sign in"));
    }
}
