//! A Bitbucket that ends the connection when a refresh token is used twice, and that counts each use.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aura_auth::testing::BitbucketStandIn;
use aura_auth::{Clock, SystemClock};
use aura_auth_load::Result;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use reqwest::Url;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// How long a token request takes, as on a real network. In this time, other processes must not ask too.
const LATENCY: Duration = Duration::from_millis(40);

pub(crate) struct Provider {
    pub(crate) bitbucket: BitbucketStandIn,
    pub(crate) url: String,
    pub(crate) clock: ShiftedClock,
    uses: Arc<Uses>,
    server: AbortHandle,
}

/// The system's clock, moved on by some seconds.
#[derive(Clone, Default)]
pub(crate) struct ShiftedClock(Arc<AtomicI64>);

/// How often each code and each refresh token was sent to the token endpoint.
#[derive(Default)]
struct Uses(Mutex<HashMap<String, Use>>);

#[derive(Clone, Copy)]
struct Use {
    is_refresh: bool,
    count: u32,
    /// When it was used for the first time.
    first: Instant,
    /// Whether the process that used it first got the answer.
    is_answered: bool,
}

/// What the provider has counted.
#[derive(Default)]
pub(crate) struct Counted {
    /// The number of refresh tokens that were used.
    pub(crate) refreshed: u64,
    /// The number of requests with them.
    pub(crate) refreshes: u64,
    /// The number of refresh tokens that were used twice because a process was killed during the first request.
    pub(crate) cut_off: u64,
    /// The number of codes that were used twice.
    pub(crate) codes_twice: u64,
}

impl Clock for ShiftedClock {
    fn unix_seconds(&self) -> i64 {
        SystemClock.unix_seconds() + self.0.load(Ordering::Relaxed)
    }
}

impl ShiftedClock {
    pub(crate) fn set(&self, seconds: i64) {
        self.0.store(seconds, Ordering::Relaxed);
    }
}

impl Provider {
    /// Starts a provider with the accounts `person0` to `person<people>`, whose access tokens live for `seconds`.
    pub(crate) async fn start(callback: &str, people: usize, seconds: i64) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let clock = ShiftedClock::default();
        let account = |number: usize| {
            let id = format!("{{00000000-0000-4000-8000-{number:012}}}");
            aura_auth::testing::Account::new(id, name(number), format!("person{number}"))
        };
        let bitbucket = BitbucketStandIn::new("key", "secret", callback)
            .accounts((0..people).map(account).collect())
            .clock(clock.clone())
            .with_profile(|profile| {
                profile.punish_reuse = true;
                profile.access_token_seconds = Some(seconds);
            });
        let uses = Arc::new(Uses::default());
        let router = bitbucket.router().layer(middleware::from_fn_with_state(Arc::clone(&uses), counted));
        let server = tokio::spawn(async move { axum::serve(listener, router).await }).abort_handle();
        Ok(Self { bitbucket, url, clock, uses, server })
    }

    /// Returns the counts. `kills` says when processes were killed.
    pub(crate) fn counted(&self, kills: &[Instant]) -> Counted {
        let mut counted = Counted::default();
        for used in self.uses.lock().values() {
            if !used.is_refresh {
                counted.codes_twice += u64::from(used.count > 1);
                continue;
            }
            // A process that is killed while it refreshes tokens takes the only copy of the new ones with it.
            let is_cut_off = kills.iter().any(|&kill| {
                let before = kill.saturating_duration_since(used.first);
                kill >= used.first && (!used.is_answered || before < Duration::from_millis(500))
            });
            if used.count > 1 && is_cut_off {
                counted.cut_off += 1;
            } else {
                counted.refreshed += 1;
                counted.refreshes += u64::from(used.count);
            }
        }
        counted
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Uses {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Use>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name of a person, which no other person's name contains.
pub(crate) fn name(number: usize) -> String {
    format!("Person {number:04}")
}

async fn counted(State(uses): State<Arc<Uses>>, request: Request, next: Next) -> Response {
    if request.uri().path() != "/site/oauth2/access_token" {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, 100_000).await else { return StatusCode::BAD_REQUEST.into_response() };
    let form = Url::parse(&format!("http://form/?{}", String::from_utf8_lossy(&body))).ok();
    let field = |wanted: &str| {
        let pairs = form.iter().flat_map(Url::query_pairs);
        pairs.filter(|(name, _)| name == wanted).map(|(_, value)| value.into_owned()).next()
    };
    let refresh_token = field("refresh_token");
    let is_refresh = refresh_token.is_some();
    let key = refresh_token.or_else(|| field("code")).unwrap_or_default();
    let is_first = {
        let mut uses = uses.lock();
        let unused = Use { is_refresh, count: 0, first: Instant::now(), is_answered: false };
        let used = uses.entry(key.clone()).or_insert(unused);
        used.count += 1;
        used.count == 1
    };
    let response = next.run(axum::http::Request::from_parts(parts, Body::from(body))).await;
    // If the process is killed meanwhile, its connection ends, and the rest of this function does not run.
    tokio::time::sleep(LATENCY).await;
    if is_first && let Some(used) = uses.lock().get_mut(&key) {
        used.is_answered = true;
    }
    response
}
