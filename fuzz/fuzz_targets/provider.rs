//! Whatever a provider answers to the three requests of a sign-in, the person is signed in or gets an error, and can
//! continue from there.
#![no_main]

use std::sync::OnceLock;

use aura_auth::testing::{BitbucketStandIn, InjectedFault, StandInEndpoint};
use aura_auth::{Auth, CsrfProof, RateLimits, RedirectOptions};
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

const GOOD: [(StandInEndpoint, &str); 3] = [
    (StandInEndpoint::Token, r#"{"access_token":"t","token_type":"bearer"}"#),
    (StandInEndpoint::User, r#"{"uuid":"{x}","display_name":"X"}"#),
    (StandInEndpoint::Emails, r#"{"values":[]}"#),
];

struct Made {
    auth: Auth,
    bitbucket: BitbucketStandIn,
    runtime: Runtime,
}

fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let bitbucket = BitbucketStandIn::new("key", "secret", "http://localhost/auth/callback/bitbucket");
        let provider = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let provider = bitbucket.provider(&format!("http://{}", listener.local_addr().unwrap()));
            tokio::spawn(axum::serve(listener, bitbucket.router::<()>()).into_future());
            provider
        });
        let auth = aura_auth_fuzz::bare_builder().rate_limits(RateLimits::none()).oauth([provider]).build().unwrap();
        Made { auth, bitbucket, runtime }
    })
}

fuzz_target!(|data: (u8, &str)| {
    let (which, answer) = data;
    let Made { auth, bitbucket, runtime } = made();
    for (number, (endpoint, good)) in GOOD.into_iter().enumerate() {
        let answer = if number == usize::from(which) % GOOD.len() { answer } else { good };
        bitbucket.inject_fault(endpoint, Some(InjectedFault::Json(answer.to_owned())));
    }
    runtime.block_on(async {
        let api = auth.api();
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("localhost"));
        let begun = api.sign_in(&headers, "bitbucket", RedirectOptions::default()).await;
        let location = url::Url::parse(begun.location().unwrap()).unwrap();
        let (_, state) = location.query_pairs().find(|(name, _)| name == "state").unwrap();
        headers.insert(COOKIE, cookies(begun.headers()));
        let reply = api.callback(&headers, "bitbucket", &format!("code=c&state={state}")).await;
        headers.insert(COOKIE, cookies(reply.headers()));
        let session = api.get_session(&headers).await.into_result();
        assert_eq!(session.is_ok(), reply.as_result().is_ok(), "{answer}");
        let Ok(session) = session else { return };
        assert!(!session.user.sub.is_empty());
        // The session's tokens can be read by the operations that need them.
        assert!(api.is_provider_connected(&headers, "bitbucket").await.as_result().is_ok(), "{answer}");
        let csrf = api.csrf_token(&headers).await;
        let mut line = headers[COOKIE].to_str().unwrap().to_owned();
        line.push_str("; ");
        line.push_str(cookies(csrf.headers()).to_str().unwrap());
        headers.insert(COOKIE, line.parse().unwrap());
        let csrf_token = csrf.into_result().unwrap().csrf_token;
        let proof = CsrfProof::Field(csrf_token);
        let _ = api.get_provider_tokens(&headers, "bitbucket", &proof).await.body().unwrap();
        let _ = api.access_token(&headers, "bitbucket").await;
    });
});

/// Returns the `Cookie` header that a browser sends next.
fn cookies(headers: &HeaderMap) -> HeaderValue {
    let lines = headers.get_all(SET_COOKIE).iter().map(|line| line.to_str().unwrap());
    let kept = lines.filter(|line| !line.contains("Max-Age=0")).map(|line| line.split(';').next().unwrap());
    kept.collect::<Vec<_>>().join("; ").parse().unwrap()
}
