use std::time::{Duration, Instant};

use aura_auth::Auth;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{COOKIE, HOST};
use axum::http::{Request, StatusCode};
use tower::ServiceExt as _;

use crate::database::{Database, token};
use crate::{Result, auth, router};

/// Somebody who reads sessions of a store, each time a different one, through the layer and the handler but without a
/// network.
#[derive(Clone)]
pub(crate) struct Reader {
    router: Router,
    sessions: u64,
    random: u64,
}

impl Reader {
    /// `sessions` is how many sessions there are. Each seed gives another order.
    pub(crate) fn new(database: &Database, sessions: u64, seed: u64) -> Result<Self> {
        let auth: Auth = auth("http://127.0.0.1", database)?;
        Ok(Self { router: router(&auth), sessions, random: seed })
    }

    /// Reads one session, and returns how long it took.
    pub(crate) async fn read(&mut self) -> Result<Duration> {
        // Knuth's generator of MMIX. Its upper bits are the better ones.
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let cookie = format!("aura-auth.stored_session={}", token((self.random >> 33) % self.sessions));
        let request = Request::get("/auth/session").header(HOST, "127.0.0.1").header(COOKIE, cookie);
        let request = request.body(Body::empty())?;
        let start = Instant::now();
        let answer = self.router.clone().oneshot(request).await?;
        let status = answer.status();
        let body = to_bytes(answer.into_body(), usize::MAX).await?;
        let took = start.elapsed();
        if status != StatusCode::OK || !body.windows(12).any(|text| text == b"Ada Lovelace") {
            return Err(format!("{status}: {}", String::from_utf8_lossy(&body)).into());
        }
        Ok(took)
    }
}

/// Returns the median, the 99th percentile and the maximum in the format of a table's cells.
pub(crate) fn percentiles(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |share: usize| times.get((times.len() * share / 1000).min(times.len().saturating_sub(1)));
    let cells: Vec<String> = [500, 990, 1000].map(|share| at(share).map_or_else(String::new, milliseconds)).into();
    cells.join(" | ")
}

fn milliseconds(time: &Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}
