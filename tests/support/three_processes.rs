//! Three processes of an app, and a provider that ends the connection when a refresh token is used twice.

use aura_auth::store::Store;
use aura_auth::testing::{BitbucketStandIn, StandInEndpoint};
use aura_auth::{Auth, AuthError};
use axum::http::HeaderMap;

use super::test_app::{Browser, SALT, SECRET, TestApp};

pub(crate) struct Processes {
    pub(crate) app: TestApp,
    pub(crate) auths: Vec<Auth>,
}

impl Processes {
    /// Starts the processes. Each has its own handle of the same store.
    pub(crate) async fn start([first, second, third]: [impl Store; 3]) -> Self {
        let strict = |bitbucket: BitbucketStandIn| bitbucket.with_profile(|profile| profile.punish_reuse = true);
        let app = TestApp::with(|builder| builder.store(first), strict).await;
        let builder = || {
            let provider = app.bitbucket.provider(&app.bitbucket_origin);
            let builder = Auth::builder().environment::<&str, &str>([]).secret(SECRET).salt(SALT);
            builder.clock(app.clock.clone()).oauth([provider]).base_url(&app.origin)
        };
        let others = [builder().store(second), builder().store(third)].map(|builder| builder.build().unwrap());
        let auths = [app.auth.clone()].into_iter().chain(others).collect();
        Self { app, auths }
    }

    /// Returns how often the provider was asked to refresh a token.
    pub(crate) fn refreshes(&self) -> u32 {
        self.app.bitbucket.requests(StandInEndpoint::Token) - 1
    }

    pub(crate) async fn token(&self, process: usize, headers: &HeaderMap) -> Result<String, AuthError> {
        let reply = self.auths[process].api().access_token(headers, "bitbucket").await;
        reply.into_result().map(|token| token.expose().to_owned())
    }

    pub(crate) fn headers(&self, browser: &Browser) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("host", self.app.origin.trim_start_matches("http://").parse().unwrap());
        headers.insert("cookie", browser.cookie_header("/").unwrap().parse().unwrap());
        headers
    }

    /// Sends fifty requests at once, whose tokens have expired, and checks that one of them refreshes the tokens.
    pub(crate) async fn fifty_requests_cause_one_refresh(&self) {
        let headers = self.headers(&self.app.signed_in().await);
        let first = self.token(0, &headers).await.unwrap();
        self.app.clock.advance(7200);
        let tokens = futures::future::join_all((0..50).map(|number| self.token(number % 3, &headers))).await;
        assert!(tokens.iter().all(|token| token.is_ok() && *token == tokens[0]), "{tokens:?}");
        assert_ne!(tokens[0].as_ref(), Ok(&first));
        assert_eq!(self.refreshes(), 1);
        // Each process has the new refresh token.
        for (process, refreshes) in [(1, 2), (2, 3), (0, 4)] {
            self.app.clock.advance(7200);
            assert!(self.token(process, &headers).await.is_ok());
            assert_eq!(self.refreshes(), refreshes);
        }
    }
}
