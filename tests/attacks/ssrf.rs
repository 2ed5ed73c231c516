//! Requests that the server itself sends

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aura_auth::Auth;
use aura_auth::oauth::bitbucket;
use aura_auth::testing::{InjectedFault, StandInEndpoint};
use tokio::net::TcpStream;

use super::test_app::{SALT, SECRET, TestApp, listen};

/// Attack: SSRF: an endpoint of a provider that is not where secrets may go, from the configuration
/// Standards: RFC 9700 2.6; ASVS 1.3.6, 12.2.1
#[test]
fn provider_endpoints_must_use_https_or_a_loopback_address() {
    let builder = || Auth::builder().environment::<&str, &str>([]).secret(SECRET).salt(SALT);
    let provider = || bitbucket().client_id("key").client_secret("secret");
    for url in [
        "http://169.254.169.254/latest/meta-data/",
        "http://[fe80::1]/token",
        "http://10.0.0.1/token",
        "http://bitbucket.org/token",
        "http://localhost.evil.example/token",
        "http://127.0.0.1.evil.example/token",
        "http://0.0.0.0/token",
        "http://2130706433.example/token",
        "https://key:secret@evil.example/token",
        "https://bitbucket.org@evil.example/token",
        "ftp://127.0.0.1/token",
        "gopher://127.0.0.1:6379/_SET",
        "file:///etc/passwd",
        "data:application/json,{}",
        "javascript:alert(1)",
        "//evil.example/token",
        "/token",
        "",
    ] {
        let providers = [
            provider().authorize_url(url),
            provider().token_url(url),
            provider().user_info_url(url),
            provider().emails_url(url),
            provider().revoke_url(url),
        ];
        for (which, provider) in providers.into_iter().enumerate() {
            let error = builder().oauth([provider]).build().unwrap_err();
            let codes: Vec<_> = error.problems().iter().map(aura_auth::ConfigProblem::code).collect();
            assert_eq!(codes, ["INVALID_OAUTH_PROVIDER_URL_CONFIG"], "{which} {url}");
        }
    }
}

/// Attack: SSRF: a provider's answers name addresses inside the network, in each place where there may be one
/// Standards: ASVS 1.3.6
#[tokio::test]
async fn urls_in_provider_responses_cause_no_requests_to_other_servers() {
    let app = TestApp::configured_with(|builder, provider| builder.oauth([provider.id("all").with_workspaces()])).await;
    let (listener, inside) = listen().await;
    let visits = Arc::new(AtomicUsize::new(0));
    tokio::spawn({
        let visits = Arc::clone(&visits);
        async move {
            while listener.accept().await.is_ok() {
                visits.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    let answers = [
        (
            StandInEndpoint::User,
            format!(
                r#"{{"uuid":"{{x}}","display_name":"X","avatar":"{inside}/a","links":{{"self":{{"href":"{inside}/b"}},
                "avatar":{{"href":"{inside}/c"}},"html":{{"href":"{inside}/d"}}}},"next":"{inside}/e"}}"#
            ),
        ),
        (
            StandInEndpoint::Emails,
            format!(
                r#"{{"values":[{{"email":"x@example.org","is_primary":true,"is_confirmed":true,
                "links":{{"self":{{"href":"{inside}/f"}}}}}}],"next":"{inside}/g"}}"#
            ),
        ),
        (StandInEndpoint::Workspaces, format!(r#"{{"values":[],"next":"{inside}/2.0/user/workspaces"}}"#)),
        (
            StandInEndpoint::Token,
            format!(
                r#"{{"access_token":"t","token_type":"bearer","issuer":"{inside}","token_endpoint":"{inside}/h",
                "userinfo_endpoint":"{inside}/i","jwks_uri":"{inside}/j"}}"#
            ),
        ),
    ];
    for (endpoint, answer) in answers {
        app.bitbucket.inject_fault(endpoint, Some(InjectedFault::Json(answer)));
        let end = app.browser().sign_in("/auth/signIn/all").await;
        assert!(end.status.is_redirection(), "{endpoint:?}: {end:?}");
        app.bitbucket.inject_fault(endpoint, None);
    }
    assert_eq!(visits.load(Ordering::Relaxed), 0);
    // Checks the counter itself: a connection to this address is counted.
    TcpStream::connect(inside.strip_prefix("http://").unwrap()).await.unwrap();
    while visits.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
}
