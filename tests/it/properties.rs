//! Properties of every session, for any order of events.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use aura_auth::testing::session_cookie;
use aura_auth::{Auth, Expiration, Secret, SessionConfig, SystemRandom, User, generate_secret};
use axum::Router;
use axum::extract::Request;
use axum::http::HeaderMap;
use futures::FutureExt as _;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use reqwest::Method;
use tower_service::Service as _;

use super::test_app::{ADA, Browser, HTML, SALT, SECRET, TestApp, pages};

const MAX_AGE: i64 = 15 * 24 * 3600;
/// Nickname, name and UUID.
const ACCOUNTS: [(&str, &str, &str); 2] =
    [("ada", "Ada Lovelace", ADA), ("grace", "Grace Hopper", "{0c8d1f5e-7a36-4f0b-9d2c-5e64b81f3a70}")];

/// Actions of a person, of their tabs, of the network and of the operator.
#[derive(Clone, Debug)]
enum Step {
    SignIn(usize),
    SignOut,
    Rename(u8),
    ReadProfileAgain,
    Look,
    /// A tab sends a request, and its response is delayed.
    Ask,
    /// The oldest delayed response arrives.
    Arrive,
    Hours(i64),
    /// The server is restarted with a new secret. The old secrets remain valid for existing tokens.
    Rotate,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..2_usize).prop_map(Step::SignIn),
        2 => Just(Step::SignOut),
        3 => any::<u8>().prop_map(Step::Rename),
        1 => Just(Step::ReadProfileAgain),
        3 => Just(Step::Look),
        4 => Just(Step::Ask),
        4 => Just(Step::Arrive),
        2 => (1..200_i64).prop_map(Step::Hours),
        1 => Just(Step::Rotate),
    ];
    proptest::collection::vec(step, 1..40)
}

/// The running app, which can be replaced by another one.
#[derive(Clone)]
struct Slot(Arc<RwLock<Router>>);

impl Slot {
    fn new(auth: &Auth) -> Self {
        Self(Arc::new(RwLock::new(pages(auth))))
    }

    fn replace(&self, auth: &Auth) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = pages(auth);
    }

    fn router(&self) -> Router {
        let slot = self.clone();
        Router::new().fallback(async move |request: Request| {
            let mut router = slot.0.read().unwrap_or_else(PoisonError::into_inner).clone();
            router.call(request).await
        })
    }
}

/// A delayed response, and the session with which its request was sent.
struct UnderWay {
    headers: HeaderMap,
    sign_in: usize,
    asked_at: i64,
    names: BTreeSet<String>,
    /// Whether the server no longer has its list of later changes, because it was restarted.
    forgotten: bool,
}

/// The expected state of the browser's session.
#[derive(Default)]
struct Model {
    account: Option<usize>,
    names: BTreeSet<String>,
    /// The last use that the browser's cookie may contain: the earliest and the latest possible time.
    used_at: (i64, i64),
    /// The number of sign-ins.
    sign_ins: usize,
    /// Whether the session may be missing. There are two reasons: a response from before the sign-in has overwritten
    /// the cookie with that of the earlier session, or the session has expired, but a delayed response may still
    /// prolong it.
    uncertain: bool,
    /// Whether a delayed response has restored an older name, because the server no longer knew the newer one.
    went_back: bool,
    /// Older names that may be in the browser's cookie. The server corrects them for ten minutes and until it is
    /// restarted.
    older: BTreeSet<String>,
}

struct Case {
    app: TestApp,
    slot: Slot,
    secrets: Vec<Secret>,
    browser: Browser,
    under_way: Vec<UnderWay>,
    model: Model,
    now: i64,
}

impl Case {
    async fn new() -> Self {
        let mut made = None;
        let slot = &mut made;
        let serve = move |auth: &Auth| slot.insert(Slot::new(auth)).router();
        let app = TestApp::serving(serve, |builder| builder.session(rolling())).await;
        let browser = app.browser();
        Self {
            app,
            slot: made.unwrap(),
            secrets: vec![SECRET.into()],
            browser,
            under_way: Vec::new(),
            model: Model::default(),
            now: 0,
        }
    }

    async fn take(&mut self, step: &Step) {
        match *step {
            Step::SignIn(account) => {
                let begun = self.browser.get("/auth/signIn/bitbucket").await;
                let callback = self.browser.decide(begun.location(), ACCOUNTS[account].0, "approve").await;
                assert_eq!(self.browser.get(&callback).await.location(), "/");
                self.model = Model {
                    account: Some(account),
                    names: BTreeSet::from([ACCOUNTS[account].1.to_owned()]),
                    used_at: (self.now, self.now),
                    sign_ins: self.model.sign_ins + 1,
                    ..Model::default()
                };
            }
            Step::SignOut => {
                self.look().await;
                let answer = self.browser.send_with_csrf(Method::POST, "/auth/signOut", "").await;
                if !self.model.uncertain {
                    assert_eq!(answer.status == 202, self.model.account.is_some(), "{answer:?}");
                }
                if answer.status == 202 || !self.model.uncertain {
                    self.model.account = None;
                }
            }
            Step::Rename(number) => {
                self.look().await;
                let name = format!("Name {number}");
                let body = format!(r#"{{"user":{{"name":"{name}"}}}}"#);
                let answer = self.browser.send_with_csrf(Method::PATCH, "/auth/session", &body).await;
                if answer.status == 200 {
                    self.model.names = BTreeSet::from([name]);
                }
                assert_eq!(answer.status == 200, self.model.account.is_some() && !self.model.uncertain, "{answer:?}");
            }
            Step::ReadProfileAgain => {
                self.look().await;
                let path = "/auth/providers/bitbucket/user/refresh";
                let answer = self.browser.send_with_csrf(Method::POST, path, "").await;
                if let (true, Some(account)) = (answer.status == 200, self.model.account) {
                    self.model.names = BTreeSet::from([ACCOUNTS[account].1.to_owned()]);
                }
            }
            Step::Look => self.look().await,
            Step::Ask => {
                let answer = self.browser.clone().send(Method::GET, "/", &[HTML], "").await;
                self.under_way.push(UnderWay {
                    headers: answer.headers,
                    sign_in: self.model.sign_ins,
                    asked_at: self.now,
                    names: self.model.names.clone(),
                    forgotten: false,
                });
            }
            Step::Arrive if self.under_way.is_empty() => {}
            Step::Arrive => {
                let arrived = self.under_way.remove(0);
                self.browser.keep(&arrived.headers);
                if arrived.sign_in == self.model.sign_ins {
                    let (earliest, latest) = self.model.used_at;
                    self.model.used_at = (earliest.min(arrived.asked_at), latest.max(arrived.asked_at));
                    if arrived.forgotten || self.model.went_back {
                        self.model.went_back = true;
                        self.model.names.extend(arrived.names);
                    } else {
                        self.model.older.extend(arrived.names);
                    }
                } else {
                    self.model.uncertain = true;
                }
            }
            Step::Hours(hours) => {
                self.app.clock.advance(hours * 3600);
                self.now += hours * 3600;
                // No response is delayed for hours.
                self.under_way.clear();
                self.forget();
            }
            Step::Rotate => {
                let secret = generate_secret(&SystemRandom).unwrap();
                let auth = Auth::builder()
                    .environment::<&str, &str>([])
                    .secret(secret.clone())
                    .previous_secrets(self.secrets.iter().rev().cloned())
                    .salt(SALT)
                    .clock(self.app.clock.clone())
                    .session(rolling())
                    .oauth([self.app.bitbucket.provider(&self.app.bitbucket_origin)])
                    .build();
                self.slot.replace(&auth.unwrap());
                self.secrets.push(secret);
                self.forget();
            }
        }
    }

    fn forget(&mut self) {
        self.under_way.iter_mut().for_each(|answer| answer.forgotten = true);
        self.model.names.append(&mut self.model.older);
    }

    /// Checks that the browser's session is as expected.
    async fn look(&mut self) {
        let found = self.browser.session().await;
        let Some(account) = self.model.account else {
            assert!(found.is_none(), "a session that should not exist: {found:?}");
            return;
        };
        let (earliest, latest) = self.model.used_at;
        match found {
            Some(session) => {
                assert!(self.now - latest < MAX_AGE, "a session that should be over");
                let name = session.user.name.unwrap_or_default();
                assert!(self.model.names.contains(&name), "{name} is none of {:?}", self.model.names);
                assert_eq!(session.user.sub, ACCOUNTS[account].2);
                self.model.used_at = (self.now, self.now);
                self.model.uncertain = false;
                self.model.older.clear();
            }
            None => {
                assert!(self.now - earliest >= MAX_AGE || self.model.uncertain, "a session was lost");
                let sign_in = self.model.sign_ins;
                let prolongs = |answer: &UnderWay| answer.sign_in == sign_in && self.now - answer.asked_at < MAX_AGE;
                self.model.uncertain = self.under_way.iter().any(prolongs);
                if !self.model.uncertain {
                    self.model.account = None;
                }
            }
        }
    }
}

fn rolling() -> SessionConfig {
    SessionConfig::default().expiration(Expiration::Rolling)
}

fn run(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future);
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Into::into),
        any::<i32>().prop_map(Into::into),
        ".{0,40}".prop_map(|text: String| text.into()),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            proptest::collection::btree_map("[a-z]{1,6}", inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

fn config() -> ProptestConfig {
    let mut config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(1);
    }
    config
}

proptest! {
    // The cases are the same in each run. PROPTEST_RNG_SEED sets another seed, and PROPTEST_CASES the number of cases.
    #![proptest_config(config())]

    #[test]
    fn no_session_is_lost_and_no_ended_session_is_restored(steps in steps()) {
        run(async {
            let mut case = Case::new().await;
            for step in &steps {
                case.take(step).await;
            }
            case.look().await;
        });
    }

    #[test]
    fn a_session_is_unchanged_after_writing_and_reading(
        sub in "\\PC{1,40}",
        name in proptest::option::of(".{0,60}"),
        claims in proptest::collection::btree_map("x_[a-z]{1,8}", json(), 0..5),
    ) {
        let auth = Auth::builder().environment::<&str, &str>([]).secret(SECRET).salt(SALT).build().unwrap();
        let mut user = User::new(sub).with_name(name);
        for (claim, value) in claims {
            user = user.with(&claim, value);
        }
        let mut headers = HeaderMap::new();
        headers.insert("host", "localhost:3000".parse().unwrap());
        headers.insert("cookie", session_cookie(&auth, user.clone()).unwrap().parse().unwrap());
        let found = auth.api().get_session(&headers).now_or_never().unwrap();
        prop_assert_eq!(&found.session().unwrap().user, &user);
    }
}
