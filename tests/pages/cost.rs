//! The cost of a request, in instructions.
#![allow(clippy::print_stdout, reason = "a line for each request goes to the process that counts")]

use std::fmt::Write as _;
use std::fs;
use std::pin::Pin;
use std::process::Command;
use std::thread;

use aura_auth::RateLimits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

use crate::router;
use crate::test_app::{Browser, TestApp};

/// Set to 0 or 1 when this test runs under valgrind.
const HALF: &str = "AURA_AUTH_COST_HALF";

/// Every endpoint, every server function and a page.
const TARGETS: [(&str, &str); 34] = [
    ("GET", "/"),
    ("GET", "/auth/signIn/bitbucket"),
    ("POST", "/auth/signIn/bitbucket"),
    ("GET", "/auth/callback/bitbucket"),
    ("GET", "/auth/session"),
    ("PATCH", "/auth/session"),
    ("POST", "/auth/session"),
    ("POST", "/auth/signOut"),
    ("GET", "/auth/csrfToken"),
    ("GET", "/auth/sessions"),
    ("DELETE", "/auth/sessions/x"),
    ("POST", "/auth/sessions/x/revoke"),
    ("POST", "/auth/sessions/revoke-others"),
    ("GET", "/auth/providers/bitbucket"),
    ("DELETE", "/auth/providers/bitbucket"),
    ("POST", "/auth/providers/bitbucket/disconnect"),
    ("GET", "/auth/providers/bitbucket/tokens"),
    ("POST", "/auth/providers/bitbucket/tokens/revoke"),
    ("POST", "/auth/providers/bitbucket/user/refresh"),
    ("GET", "/auth/.well-known/jwks.json"),
    ("POST", "/api/aura-auth/sign_in"),
    ("POST", "/api/aura-auth/sign_out"),
    ("POST", "/api/aura-auth/get_session"),
    ("POST", "/api/aura-auth/get_sessions"),
    ("POST", "/api/aura-auth/revoke_session"),
    ("POST", "/api/aura-auth/revoke_other_sessions"),
    ("POST", "/api/aura-auth/update_session"),
    ("POST", "/api/aura-auth/disconnect_provider"),
    ("POST", "/api/aura-auth/link_account"),
    ("POST", "/auth/providers/provider_tokens"),
    ("POST", "/auth/providers/access_token"),
    ("POST", "/auth/providers/is_provider_connected"),
    ("POST", "/auth/providers/refresh_user_info"),
    ("POST", "/auth/providers/revoke_token"),
];

/// A part of a request that can occur many times. `#` stands for a different number each time.
#[derive(Clone, Copy, Debug)]
enum Input {
    /// Fields of a form.
    Fields,
    /// Members of a user in JSON.
    Members,
    /// Parameters of the query.
    Parameters,
    /// Cookies with these names, in turn.
    Cookies(&'static [&'static str]),
    /// Headers whose value is repeated.
    Headers(&'static [(&'static str, &'static str)]),
}

const COOKIES: [&str; 7] = [
    "aura-auth.session_token",
    "aura-auth.session_token.#",
    "aura-auth.csrf_token",
    "aura-auth.signed_out",
    "aura-auth.flow.00000000000000000#",
    "aura-auth.provider_tokens.bitbucket",
    "aura-auth.provider_tokens.bitbucket.#",
];

const HEADERS: [(&str, &str); 11] = [
    ("accept", "text/html,"),
    ("accept-language", "en,"),
    ("content-type", "application/json;"),
    ("if-none-match", "\"a\","),
    ("origin", "http://a.example,"),
    ("referer", "http://a.example/?a=b&"),
    ("sec-fetch-dest", "a,"),
    ("sec-fetch-site", "same-origin,"),
    ("upgrade", "a,"),
    ("user-agent", "a "),
    ("x-csrf-token", "a."),
];

/// The server rejects a request if one of these headers does not parse, so each one is sent alone.
const FORWARDING_HEADERS: [(&str, &str); 4] = [
    ("forwarded", "for=192.0.2.1;x=\"\\\"\","),
    ("x-forwarded-for", "192.0.2.1,"),
    ("x-forwarded-host", "a.example,"),
    ("x-forwarded-proto", "https,"),
];

impl Input {
    /// These are sent to every target.
    const EVERYWHERE: [Self; 5] =
        [Self::Fields, Self::Members, Self::Parameters, Self::Cookies(&COOKIES), Self::Headers(&HEADERS)];

    /// Returns how many are sent in the first request. The second request has twice as many.
    fn count(self) -> usize {
        match self {
            Self::Fields | Self::Members => 10_000,
            // hyper reads at most 64 KB of a request target, and the test's server reads about 400 KB of headers.
            Self::Parameters => 4_000,
            Self::Cookies(_) => 2_000,
            // In bytes.
            Self::Headers(_) => 40_000,
        }
    }

    /// Returns a request with `count` of this input, as a signed-in browser sends it.
    fn request(self, (method, path): (&str, &str), count: usize, browser: &Browser, csrf_token: &str) -> String {
        let cookie = browser.cookie_header(path).unwrap_or_default();
        let host = browser.origin.strip_prefix("http://").unwrap_or_default();
        let fields = |beside: &str| (0..count).fold(beside.to_owned(), |all, number| all + &format!("&f{number}=1"));
        let (mut query, mut cookies, mut headers, mut body) = (String::new(), cookie, String::new(), String::new());
        let mut content_type = "application/x-www-form-urlencoded";
        match self {
            Self::Fields => body = fields("provider=bitbucket"),
            Self::Members => {
                content_type = "application/json";
                let members: Vec<String> = (0..count).map(|number| format!("\"f{number}\":1")).collect();
                body = format!("{{\"user\":{{{}}}}}", members.join(","));
            }
            Self::Parameters => query = fields("?redirect=false"),
            Self::Cookies(names) => {
                let planted = names.iter().cycle().take(count).enumerate();
                let planted = planted.map(|(number, name)| name.replace('#', &format!("{number:05}")) + "=x; ");
                cookies = planted.collect::<String>() + &cookies;
            }
            Self::Headers(all) => {
                for (name, value) in all {
                    let _ = write!(headers, "{name}: {}\r\n", value.repeat(count / all.len() / value.len()));
                }
            }
        }
        for (name, value) in
            [("content-type", content_type), ("sec-fetch-site", "same-origin"), ("x-csrf-token", csrf_token)]
        {
            if !headers.contains(&format!("{name}: ")) {
                let _ = write!(headers, "{name}: {value}\r\n");
            }
        }
        format!(
            "{method} {path}{query} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {}\r\n\
             cookie: {cookies}\r\n{headers}\r\n{body}",
            body.len()
        )
    }
}

/// Sends a request. Returns the status of the response, or `closed` if the server closed the connection.
async fn send(host: String, request: String) -> String {
    let mut stream = TcpStream::connect(host).await.unwrap();
    // The server rejects a body that is too large before it has read it, so writing can fail.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).split(' ').nth(1).unwrap_or("closed").to_owned()
}

/// Valgrind counts what this function does. The server's work is included, because it runs on the same thread.
#[inline(never)]
fn counted_by_valgrind(runtime: &Runtime, sent: Pin<Box<dyn Future<Output = String>>>) -> String {
    runtime.block_on(sent)
}

/// Returns the requests of one half; each is sent once, and then with twice as many. The test uses two processes, and
/// each sends one half.
fn requests(half: usize) -> impl Iterator<Item = ((&'static str, &'static str), Input)> {
    let everywhere = TARGETS.into_iter().flat_map(|target| Input::EVERYWHERE.map(|input| (target, input)));
    let cookies = COOKIES.chunks(1).map(|cookie| (("POST", "/auth/signOut"), Input::Cookies(cookie)));
    let headers = HEADERS.chunks(1).chain(FORWARDING_HEADERS.chunks(1));
    let headers = headers.map(|header| (("GET", "/"), Input::Headers(header)));
    everywhere.chain(cookies).chain(headers).skip(half).step_by(2)
}

/// Sends all requests of one half. Prints a line for each, with the request and its status.
fn send_all(half: usize) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let limits = RateLimits::none().unlimited_provider_calls();
    let app = runtime.block_on(TestApp::serving(router, |builder| {
        builder.rate_limits(limits).trusted_proxy_headers(true).trusted_origins(["http://127.0.0.1:*"])
    }));
    let host = app.origin.strip_prefix("http://").unwrap().to_owned();
    let sign_in = || {
        runtime.block_on(async {
            let mut browser = app.signed_in().await;
            let csrf_token = browser.csrf_token().await;
            (browser, csrf_token)
        })
    };
    let (mut browser, mut csrf_token) = sign_in();
    // The first request does the work that is done only once, so it is not counted.
    let first = (TARGETS[0], Input::Members);
    for (number, (target, input)) in std::iter::once(first).chain(requests(half)).enumerate() {
        for count in [input.count(), 2 * input.count()] {
            let request = input.request(target, count, &browser, &csrf_token);
            let status = counted_by_valgrind(&runtime, Box::pin(send(host.clone(), request)));
            if number > 0 {
                println!("counted {status} {} {} {input:?}", target.0, target.1);
            }
            if target.1.to_lowercase().replace('_', "").ends_with("signout") {
                (browser, csrf_token) = sign_in();
            }
        }
    }
}

/// Returns the instructions of each request of one half: first with `count`, then with twice as many.
fn count(half: usize) -> Vec<(u64, u64, String)> {
    let folder = std::env::temp_dir().join(format!("aura-auth-cost-{}-{half}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let counted = Command::new("valgrind")
        .args([
            "--tool=callgrind",
            "--toggle-collect=*::counted_by_valgrind",
            "--dump-after=*::counted_by_valgrind",
            "--dump-line=no",
        ])
        .arg(format!("--callgrind-out-file={}", folder.join("counts").display()))
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "cost::twice_as_much_input_costs_at_most_2_5_times_as_many_instructions", "--nocapture"])
        .env(HALF, half.to_string())
        .output()
        .expect("valgrind counts the instructions: `cargo xtask test` installs it");
    let said = String::from_utf8_lossy(&counted.stdout);
    assert!(counted.status.success(), "{said}\n{}", String::from_utf8_lossy(&counted.stderr));
    let instructions = |number: usize| -> u64 {
        let counts = fs::read_to_string(folder.join(format!("counts.{number}"))).unwrap();
        let totals = counts.lines().find_map(|line| line.strip_prefix("totals: ")).unwrap();
        totals.trim().parse().unwrap()
    };
    let lines: Vec<&str> = said.lines().filter_map(|line| line.split_once("counted ")).map(|(_, line)| line).collect();
    let pairs = lines.chunks(2).enumerate();
    let found = pairs.map(|(at, pair)| (instructions(2 * at + 3), instructions(2 * at + 4), pair.join(", ")));
    let found = found.collect();
    fs::remove_dir_all(&folder).unwrap();
    found
}

/// Attack: a request with thousands of fields, members, parameters, cookies, or bytes of headers, each of which
/// the server compares with all others
/// Standards: ASVS 4.1.3, 13.1.3
#[test]
fn twice_as_much_input_costs_at_most_2_5_times_as_many_instructions() {
    if let Ok(half) = std::env::var(HALF) {
        return send_all(half.parse().unwrap());
    }
    let found: Vec<_> = thread::scope(|scope| {
        let halves = [0, 1].map(|half| scope.spawn(move || count(half)));
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });
    assert_eq!(found.len(), requests(0).count() + requests(1).count());
    let mut grown = String::new();
    for (once, twice, request) in found {
        println!("{once:>12} {twice:>12} instructions: {request}");
        // The limit is 2.5 times and not 2 times, because buffers that grow double their memory.
        if 2 * twice > 5 * once {
            let _ = writeln!(grown, "{once} and {twice} instructions: {request}");
        }
    }
    assert!(grown.is_empty(), "more than in proportion:\n{grown}");
}
