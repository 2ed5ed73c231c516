use std::path::Path;
use std::sync::LazyLock;

use aura_auth::{Api, Auth, RequestId, SystemRandom};
use axum::extract::Request;
use axum::http::header::{REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Router, middleware};
use leptos::config::LeptosOptions;
use leptos::prelude::provide_context;
use leptos_axum::{AxumRouteListing, LeptosRoutes, generate_route_list};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

use crate::app::App;
use crate::server::assets;
use crate::server::readiness::Readiness;
use crate::server::shell::shell;
use crate::server::time_limits::TimeLimits;

/// The maximum size of a request's target and headers, in bytes. A larger request is answered with 431.
pub(super) const MAX_HEAD_BYTES: usize = 32 * 1024;

/// The maximum size of a request's body, in bytes.
const MAX_BODY_BYTES: usize = 256 * 1024;

/// How much of a request's path the log shows, in bytes.
const MAX_LOGGED_PATH_BYTES: usize = 256;

/// The pages' routes. They are listed only once, even if several routers are created, as in tests. While Leptos lists
/// routes, no resource in the whole process loads, so a page that another router is rendering would never finish.
static ROUTES: LazyLock<Vec<AxumRouteListing>> = LazyLock::new(|| generate_route_list(App));

/// Context value: this is a demo.
#[derive(Clone, Copy, Debug)]
pub struct Demo;

/// A sign-in with a stand-in for the provider, on the same server.
pub(super) struct DemoAuth {
    pub(super) auth: Auth,
    /// The stand-in's pages and endpoints.
    pub(super) stand_in: Router,
}

/// Returns the router of the whole server. In a demo, `stand_in` is the stand-in's router. `site` is the folder of the
/// assets, if they are not inside the binary.
pub fn router(auth: &Auth, stand_in: Option<Router>, site: &Path, limits: TimeLimits) -> Router {
    let options = LeptosOptions::builder().output_name("aura-auth-app").build();
    let names = assets::names();
    let page = {
        let options = options.clone();
        move || shell(options.clone(), &names)
    };
    let context = {
        let (auth, is_demo) = (auth.context(), stand_in.is_some());
        move || {
            auth();
            if is_demo {
                provide_context(Demo);
            }
        }
    };
    let mut app = Router::new()
        .leptos_routes_with_context(&options, ROUTES.clone(), context.clone(), page.clone())
        // Only GET: leptos_axum panics if the request target has no path (CONNECT).
        .fallback(get(leptos_axum::render_app_to_stream_with_context(context, page)))
        .nest(auth.base_path(), auth.handlers())
        .nest("/pkg", assets::router(site));
    if let Some(stand_in) = stand_in {
        app = app.merge(stand_in.with_state(()));
    }
    let (api, readiness) = (auth.api(), Readiness::new(auth));
    let app = app
        .layer(middleware::from_fn(move |request: Request, next: Next| keep_to_https(api.clone(), request, next)))
        .layer(auth.layer())
        .layer(middleware::from_fn(async |request: Request, next: Next| {
            let is_too_large = head_bytes(&request) > MAX_HEAD_BYTES;
            if is_too_large { Err(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE) } else { Ok(next.run(request).await) }
        }))
        // None of the app's forms or calls is larger.
        .layer(RequestBodyLimitLayer::new(MAX_BODY_BYTES))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, limits.request_timeout))
        // A health check may use any host name.
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(move || readiness.clone().answer()));
    observed(app).with_state(options)
}

/// Returns the size of a request's target and headers in bytes, with the separators that HTTP/1.1 adds.
fn head_bytes(request: &Request) -> usize {
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    target + request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum::<usize>()
}

/// Adds what every response needs: security headers, the handling of panics, and the log.
fn observed<S: Clone + Send + Sync + 'static>(app: Router<S>) -> Router<S> {
    // The panic hook has already logged the panic.
    app.layer(CatchPanicLayer::custom(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response()))
        .layer(middleware::map_response(async |response: Response| secure(response)))
        .layer(TraceLayer::new_for_http().make_span_with(|request: &Request| {
            // The query of a callback contains the authorization code, so the query is never logged.
            let id = request.extensions().get::<RequestId>().map(tracing::field::display);
            let path = request.uri().path();
            let path = path.get(..path.floor_char_boundary(MAX_LOGGED_PATH_BYTES)).unwrap_or_default();
            tracing::info_span!("request", id, method = %request.method(), path)
        }))
        // This is the outermost layer. An error page shows the request's id, which identifies all log lines of the
        // request.
        .layer(middleware::map_request(async |mut request: Request| {
            request.extensions_mut().insert(RequestId::new(&SystemRandom));
            request
        }))
}

fn secure(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "strict-origin-when-cross-origin"),
        // Windows of other sites can't keep a reference to this app's windows, and their pages can't embed its
        // resources.
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Tells browsers to use only https for one year (HSTS), if the request's origin is https. Over http, browsers ignore
/// this header (RFC 6797, 8.1).
async fn keep_to_https(api: Api, request: Request, next: Next) -> Response {
    let is_https = api.is_https(&request);
    let mut response = next.run(request).await;
    if is_https {
        response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    response
}

#[cfg(test)]
mod tests {
    use aura_auth::oauth::ProviderBuilder;
    use aura_auth::testing::{BitbucketStandIn, session_cookie};
    use aura_auth::{User, generate_secret};
    use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
    use axum::serve;
    use tokio::net::TcpListener;

    use super::*;

    /// Attack: a request that makes a handler panic takes the connection, or the program, along
    /// Standards: ASVS 13.1.3, 16.5.2
    #[tokio::test]
    async fn a_panic_is_answered_with_status_500_and_the_security_headers() {
        let app = Router::new().route("/", get(async || "fine")).route("/panics", get(panics));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { serve(listener, observed(app)).await });
        let answer = reqwest::get(format!("{origin}/panics")).await.unwrap();
        assert_eq!(answer.status(), 500);
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert_eq!(answer.text().await.unwrap(), "");
        assert_eq!(reqwest::get(origin).await.unwrap().status(), 200);
    }

    /// Bitbucket, GitHub and a provider whose logo the app does not have.
    #[tokio::test]
    async fn the_sign_in_page_has_a_button_for_each_provider() {
        let own = |id: &str, name: &str| {
            let user = |_: serde_json::Value| User::default();
            let urls = ["https://x.example/authorize", "https://x.example/token", "https://x.example/user"];
            ProviderBuilder::new(id, urls[0], urls[1], urls[2], user).name(name).client_id("a").client_secret("b")
        };
        let auth = Auth::builder()
            .secret(generate_secret(&SystemRandom).unwrap())
            .salt(generate_secret(&SystemRandom).unwrap())
            .oauth([own("bitbucket", "Bitbucket"), own("github", "GitHub"), own("acme", "acme")])
            .build()
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let app = router(&auth, None, Path::new("no assets"), TimeLimits::default());
        let app = app.into_make_service_with_connect_info::<std::net::SocketAddr>();
        tokio::spawn(async move { serve(listener, app).await });
        let page = reqwest::get(format!("{origin}/sign-in")).await.unwrap().text().await.unwrap();
        for id in ["bitbucket", "github", "acme"] {
            assert!(page.contains(&format!(r#"name="provider" value="{id}""#)), "{id}: {page}");
        }
        for text in ["Continue with Bitbucket", "Continue with GitHub", "Continue with acme", ">A</span>"] {
            assert!(page.contains(text), "{text}: {page}");
        }
        assert!(page.contains("Bitbucket or GitHub or acme"), "{page}");
        // The provider of the failed sign-in is offered again. An unknown provider in the URL is ignored.
        for (query, id) in [("provider=github", "github"), ("provider=evil", "bitbucket"), ("", "bitbucket")] {
            let page = reqwest::get(format!("{origin}/sign-in/failed?{query}")).await.unwrap().text().await.unwrap();
            assert!(page.contains(&format!(r#"name="provider" value="{id}""#)), "{query}: {page}");
        }
    }

    /// One stand-in acts as two providers with different names.
    #[tokio::test]
    async fn the_dashboard_names_the_provider_that_the_person_has_signed_in_with() {
        let listen = async || {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let origin = format!("http://{}", listener.local_addr().unwrap());
            (listener, origin)
        };
        let ((app_listener, app_origin), (listener, origin)) = (listen().await, listen().await);
        let stand_in = BitbucketStandIn::new("key", "secret", &format!("{app_origin}/auth/callback/"));
        let (provider, stand_in) = (stand_in.provider(&origin), stand_in.router());
        tokio::spawn(async move { serve(listener, stand_in).await });
        let auth = Auth::builder()
            .secret(generate_secret(&SystemRandom).unwrap())
            .salt(generate_secret(&SystemRandom).unwrap())
            .oauth([provider.clone(), provider.id("github").name("GitHub")])
            .build()
            .unwrap();
        let app = router(&auth, None, Path::new("no assets"), TimeLimits::default());
        let app = app.into_make_service_with_connect_info::<std::net::SocketAddr>();
        tokio::spawn(async move { serve(app_listener, app).await });

        // A session of the TypeScript release does not name its provider.
        let unknown = session_cookie(&auth, User::new("{ada}")).unwrap();
        for (cookie, name, other) in [
            (unknown, "Bitbucket", "GitHub"),
            (signed_in(&app_origin, "bitbucket").await, "Bitbucket", "GitHub"),
            (signed_in(&app_origin, "github").await, "GitHub", "Bitbucket"),
        ] {
            let page = browser().get(format!("{app_origin}/dashboard")).header(COOKIE, cookie).send().await.unwrap();
            let page = page.text().await.unwrap();
            for text in
                [format!("Signed in with {name}"), format!("Read from {name} again"), format!("Connect {other}")]
            {
                assert!(page.contains(&text), "{text}: {page}");
            }
            assert!(!page.contains(&format!("Read from {other} again")), "{name}: {page}");
        }
    }

    fn browser() -> reqwest::Client {
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
    }

    /// Returns the cookies of a browser in which Ada has signed in with this provider.
    async fn signed_in(app: &str, provider: &str) -> String {
        let cookies = |answer: &reqwest::Response| {
            let lines = answer.headers().get_all(SET_COOKIE).iter().map(|line| line.to_str().unwrap());
            lines.map(|line| line.split(';').next().unwrap()).collect::<Vec<_>>().join("; ")
        };
        let location = |answer: &reqwest::Response| answer.headers()[LOCATION].to_str().unwrap().to_owned();
        let begun = browser().get(format!("{app}/auth/signIn/{provider}")).send().await.unwrap();
        // The form of the consent page sends the parameters of its URL, and these two.
        let form = format!("{}&account=ada&decision=approve", location(&begun).split_once('?').unwrap().1);
        let consent = browser().post(location(&begun)).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let decided = consent.body(form).send().await.unwrap();
        let back = browser().get(location(&decided)).header(COOKIE, cookies(&begun)).send().await.unwrap();
        assert_eq!(location(&back), "/");
        cookies(&back)
    }

    async fn panics() -> &'static str {
        panic!("as a defect does")
    }
}
