//! The program, started as people start it.
#![cfg(feature = "ssr")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use support::{KeptAlive, SALT, SECRET, Server, program, run};

fn scratch(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("aura-auth-{}-{name}", std::process::id()))
}

#[test]
fn the_secret_command_prints_lines_that_the_check_command_accepts() {
    let output = run(&["secret"], &[]);
    let text = String::from_utf8(output.stdout).unwrap();
    let pairs: Vec<(&str, &str)> = text
        .lines()
        .map(|line| line.split_once('=').unwrap())
        .map(|(name, value)| (name, value.trim_matches('"')))
        .collect();
    assert_eq!(pairs.iter().map(|pair| pair.0).collect::<Vec<_>>(), ["AURA_AUTH_SECRET", "AURA_AUTH_SALT"]);
    assert_ne!(pairs[0].1, pairs[1].1);
    let credentials = [("AURA_AUTH_BITBUCKET_CLIENT_ID", "key"), ("AURA_AUTH_BITBUCKET_CLIENT_SECRET", "secret")];
    let output = run(&["check"], &[&pairs[..], &credentials].concat());
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn the_check_command_reports_all_problems_at_once_with_their_fixes() {
    let output = run(&["check"], &[("AURA_AUTH_SECRET", "your-32-byte-secret"), ("HOST", "0.0.0.0")]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    for part in [
        "AURA_AUTH_SECRET is a sample value",
        "openssl rand",
        "AURA_AUTH_SALT is not set",
        "CLIENT_ID",
        "CLIENT_SECRET",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert!(!text.contains("your-32"), "{text}");
}

#[test]
fn a_program_on_a_public_address_does_not_start_without_a_base_url() {
    let environment = [
        ("AURA_AUTH_SECRET", SECRET),
        ("AURA_AUTH_SALT", SALT),
        ("AURA_AUTH_BITBUCKET_CLIENT_ID", "key"),
        ("AURA_AUTH_BITBUCKET_CLIENT_SECRET", "secret"),
    ];
    for arguments in [&["--host", "0.0.0.0", "--port", "0"][..], &["check", "--host", "0.0.0.0"]] {
        let output = run(arguments, &environment);
        assert!(String::from_utf8_lossy(&output.stderr).contains("AURA_AUTH_BASE_URL"), "{output:?}");
        assert_eq!(output.status.code(), Some(1));
    }
}

#[test]
fn the_demo_starts_only_on_a_loopback_address() {
    let output = run(&["--demo", "--host", "0.0.0.0", "--port", "0"], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("sign in as any account"), "{output:?}");
    let output = run(&["--demo=never", "--port", "0"], &[]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("CLIENT_ID"), "{output:?}");
}

#[test]
fn an_incomplete_configuration_is_an_error_and_does_not_start_the_demo() {
    let output = run(&["--port", "0"], &[("AURA_AUTH_BITBUCKET_CLIENT_ID", "key")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("AURA_AUTH_BITBUCKET_CLIENT_SECRET"), "{output:?}");
}

#[test]
fn the_health_check_answers_any_host_and_the_demo_page_is_served() {
    let server = Server::start(&["--port", "0", "--demo"], &[]);
    let health = server.get("/healthz", "probe.internal");
    assert!(health.starts_with("HTTP/1.1 200") && health.ends_with("ok"), "{health}");
    let page = server.get("/", &server.address);
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("This is a demo."), "{page}");
    assert!(page.contains("content-security-policy: default-src 'self'"), "{page}");
}

#[test]
fn the_demo_answers_only_loopback_hosts_even_if_the_environment_allows_others() {
    let server = Server::start(&["--port", "0", "--demo"], &[("AURA_AUTH_ALLOWED_HOSTS", "app.internal")]);
    assert!(server.get("/", "app.internal").starts_with("HTTP/1.1 421"));
    assert!(server.get("/", "localhost").starts_with("HTTP/1.1 200"));
}

#[test]
fn with_a_base_url_only_allowed_hosts_get_pages_and_any_host_gets_the_health_check() {
    let environment = [&COMPLETE[..], &[("AURA_AUTH_ALLOWED_HOSTS", "app.internal, *.preview.example")]].concat();
    let server = Server::start(&["--port", "0"], &environment);
    for (path, host, status) in [
        ("/", "app.example", "200"),
        ("/", "app.internal", "200"),
        ("/", "a.preview.example", "200"),
        ("/", "evil.example", "421"),
        ("/healthz", "evil.example", "200"),
    ] {
        let answer = server.get(path, host);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{host}{path}: {answer}");
    }
}

#[test]
fn unusual_requests_get_a_defined_status_and_the_server_keeps_running() {
    let server = Server::start(&["--port", "0", "--demo"], &[]);
    let connect = format!("CONNECT {}", server.address);
    for (line, status) in [
        (&*connect, "405"),
        ("CONNECT a:1", "421"),
        ("OPTIONS *", "405"),
        ("POST /nowhere", "405"),
        ("GET //evil.example/x", "404"),
        ("GET /%ff%00", "404"),
        ("GET /?__path=x&__err=%%%", "200"),
        ("GET /sign-in/failed?error=%ff&redirectTo=%ff", "200"),
        ("GET /pkg/%2e%2e/%2e%2e/Cargo.toml", "404"),
    ] {
        let answer = server.send(line, &server.address);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{line}: {answer}");
    }
}

#[cfg(unix)]
#[test]
fn sigterm_ends_the_program_without_delay_and_without_an_error() {
    let mut server = Server::start(&["--port", "0", "--demo"], &[]);
    // An idle connection must not delay the shutdown.
    let _idle = TcpStream::connect(&server.address).unwrap();
    let status = server.terminate_within(Duration::from_secs(10));
    assert!(status.success(), "{status}");
}

#[test]
fn a_request_on_an_open_connection_is_answered_during_the_shutdown() {
    let mut server = Server::start(&["--port", "0", "--demo", "--drain-timeout", "60"], &[]);
    let mut used = KeptAlive::connect(&server.address);
    let mut idle = KeptAlive::connect(&server.address);
    assert!(!used.get("/healthz").contains("connection: close"));
    let stopping = Instant::now();
    server.terminate();
    // The program accepts no new connections, and each open connection can still send one request.
    while TcpStream::connect(&server.address).is_ok() {
        assert!(stopping.elapsed() < Duration::from_secs(20), "the program still accepts connections");
    }
    for connection in [&mut used, &mut idle] {
        let answer = connection.get("/healthz");
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("connection: close"), "{answer}");
    }
    // The program does not wait for the rest of the 60 seconds.
    assert!(server.ended_within(Duration::from_secs(20)).success());
}

#[cfg(unix)]
#[test]
fn with_few_file_descriptors_idle_connections_do_not_block_new_requests() {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 64; exec \"$0\" --port 0 --demo", env!("CARGO_BIN_EXE_aura-auth-app")]);
    let server = Server::spawn(command.current_dir(std::env::temp_dir()).env_clear());
    let mut kept = Vec::new();
    let start = Instant::now();
    for _ in 0..200 {
        let mut connection = KeptAlive::connect(&server.address);
        assert!(connection.get("/healthz").starts_with("HTTP/1.1 200"));
        kept.push(connection);
    }
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "a request waited until another connection had been idle for too long"
    );
}

#[test]
fn the_demo_s_secrets_are_made_once_and_kept() {
    let file = scratch("demo.env");
    let arguments = ["--port", "0", "--demo", "--demo-secrets", file.to_str().unwrap()];
    drop(Server::start(&arguments, &[]));
    let made = std::fs::read_to_string(&file).unwrap();
    drop(Server::start(&arguments, &[]));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), made);
    assert_eq!(made.lines().count(), 2);
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn metrics_are_served_on_a_separate_port() {
    let server = Server::start(&["--port", "0", "--demo", "--metrics", "127.0.0.1:0"], &[]);
    server.get("/auth/signIn/bitbucket", &server.address);
    let forged = "POST /auth/signOut HTTP/1.1\r\nSec-Fetch-Site: cross-site\r\nX-Rest:";
    server.send(forged, &server.address);
    let metrics = Server::send_to(server.metrics.as_ref().unwrap(), "GET /metrics", "localhost");
    let started = r#"aura_auth_sign_ins_total{provider="bitbucket",outcome="started"} 1"#;
    assert!(metrics.contains(started), "{metrics}");
    assert!(metrics.contains(r#"aura_auth_refusals_total{code="CSRF_ORIGIN_REJECTED"} 1"#), "{metrics}");
    assert!(!server.get("/metrics", &server.address).contains("aura_auth_sign_ins_total"));

    let output = run(&["--port", "0", "--demo", "--metrics", "0.0.0.0:0"], &[]);
    assert!(!output.status.success());
    assert!(String::from_utf8(output.stderr).unwrap().contains("use 127.0.0.1"));
}

#[test]
fn a_log_line_contains_the_request_id_but_not_the_query() {
    let mut server = Server::logging(&["--port", "0", "--demo", "--log", "json"], &[("RUST_LOG", "info")]);
    for _ in 0..2 {
        server.get("/auth/callback/bitbucket?code=the-secret-code&state=the-secret-state", &server.address);
    }
    let log = server.log();
    let ids: Vec<&str> = log
        .lines()
        .filter(|line| line.contains(r#""event":"sign_in.failed""#))
        .map(|line| line.split(r#""id":""#).nth(1).unwrap().split('"').next().unwrap())
        .collect();
    assert_eq!(ids.len(), 2, "{log}");
    // The id is the reference that an error page shows.
    assert!(ids[0].len() == 8 && ids[0] != ids[1], "{ids:?}");
    assert!(!log.contains("the-secret"), "{log}");
}

/// If a person tells the reference to the support, the support finds the request's line in the access log.
#[test]
fn the_reference_of_an_error_page_is_in_the_access_log() {
    let arguments = ["--port", "0", "--demo", "--log", "json"];
    let mut server = Server::logging(&arguments, &[("RUST_LOG", "info,tower_http=debug")]);
    let host = format!("{}\r\nAccept: text/html", server.address);
    let failed = server.get("/auth/callback/bitbucket?error=access_denied", &host);
    let reference = failed.split("reference=").nth(1).unwrap_or_else(|| panic!("{failed}")).get(..8).unwrap();
    let log = server.log();
    let is_of_callback = |line: &&str| line.contains("finished processing request") && line.contains("/auth/callback");
    let lines: Vec<&str> = log.lines().filter(is_of_callback).collect();
    let [line] = lines[..] else { panic!("{log}") };
    assert!(line.contains(reference), "{reference} is not in {line}");
    // The line has one span, and therefore one id.
    assert_eq!(line.matches(r#""spans":[{"#).count(), 1, "{line}");
}

const COMPLETE: [(&str, &str); 5] = [
    ("AURA_AUTH_SECRET", SECRET),
    ("AURA_AUTH_SALT", SALT),
    ("AURA_AUTH_BITBUCKET_CLIENT_ID", "key"),
    ("AURA_AUTH_BITBUCKET_CLIENT_SECRET", "secret"),
    ("AURA_AUTH_BASE_URL", "https://app.example"),
];

#[test]
fn check_warns_if_forwarding_headers_of_every_peer_are_trusted_on_a_public_address() {
    let trusting = ("AURA_AUTH_TRUSTED_PROXY_HEADERS", "true");
    for (extra, host, is_warned) in [
        (&[trusting][..], "0.0.0.0", true),
        (&[trusting], "127.0.0.1", false),
        (&[trusting, ("AURA_AUTH_TRUSTED_PROXIES", "10.0.0.1")], "0.0.0.0", false),
        (&[], "0.0.0.0", false),
    ] {
        let output = run(&["check", "--host", host], &[&COMPLETE, extra].concat());
        assert!(output.status.success(), "{output:?}");
        let is_told = String::from_utf8_lossy(&output.stderr).contains("list the addresses of your proxies");
        assert_eq!(is_told, is_warned, "{extra:?} {host}: {output:?}");
    }
}

#[test]
fn check_warns_about_an_http_base_url_and_strict_check_rejects_it() {
    for (url, arguments, is_fine, is_warned) in [
        ("http://intranet.example", &["check"][..], true, true),
        ("http://intranet.example", &["check", "--strict"], false, true),
        ("https://app.example", &["check", "--strict"], true, false),
        ("http://localhost:3000", &["check", "--strict"], true, false),
    ] {
        let output = run(arguments, &[&COMPLETE[..4], &[("AURA_AUTH_BASE_URL", url)]].concat());
        assert_eq!(output.status.success(), is_fine, "{url} {arguments:?}: {output:?}");
        let is_told = String::from_utf8_lossy(&output.stderr).contains("AURA_AUTH_BASE_URL is http://");
        assert_eq!(is_told, is_warned, "{url} {arguments:?}: {output:?}");
    }
}

#[test]
fn the_program_logs_the_warnings_of_check_at_its_start() {
    let environment = [&COMPLETE[..4], &[("AURA_AUTH_BASE_URL", "http://intranet.example")]].concat();
    let log = Server::logging(&["--port", "0"], &environment).log();
    assert!(log.contains("BASE_URL_NOT_HTTPS"), "{log}");
}

#[test]
fn check_reports_a_time_limit_that_is_not_a_number_of_seconds() {
    for (variable, value) in
        [("HEADER_TIMEOUT", "10s"), ("REQUEST_TIMEOUT", "0"), ("DRAIN_TIMEOUT", "x"), ("SHUTDOWN_TIMEOUT", "-1")]
    {
        let output = run(&["check"], &[&COMPLETE[..], &[(variable, value)]].concat());
        assert!(!output.status.success());
        assert!(String::from_utf8_lossy(&output.stderr).contains("number of seconds"), "{variable}: {output:?}");
    }
}

#[test]
fn check_reports_a_workspace_in_quotes() {
    let output = run(&["check"], &[&COMPLETE[..], &[("WORKSPACE", "\"acme\"")]].concat());
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("without quotes"), "{output:?}");
    let output = run(&["check"], &[&COMPLETE[..], &[("WORKSPACE", "{a54f16da-24e9-4d7f-a3a7-b1ba2cd98aa3}")]].concat());
    assert!(output.status.success(), "{output:?}");
}

/// A file in a parent folder may belong to another project.
#[test]
fn an_env_file_is_read_only_from_the_working_directory_or_the_given_path() {
    let folder = scratch("env");
    let inner = folder.join("inner");
    std::fs::create_dir_all(&inner).unwrap();
    let lines: String = COMPLETE.iter().map(|(name, value)| format!("{name}=\"{value}\"\n")).collect();
    std::fs::write(folder.join(".env"), lines).unwrap();
    let check = |directory: &PathBuf, arguments: &[&str]| {
        program(&[&["check"], arguments].concat(), &[]).current_dir(directory).output().unwrap()
    };
    assert!(check(&folder, &[]).status.success());
    let above = check(&inner, &[]);
    assert!(!above.status.success(), "{above:?}");
    for arguments in [&["--env-file", "../.env"][..], &["--strict", "--env-file=../.env", "--port", "0"]] {
        let output = check(&inner, arguments);
        assert!(output.status.success(), "{output:?}");
    }
    // The environment takes precedence over the file.
    let mut weak = program(&["check", "--env-file", "../.env"], &[("AURA_AUTH_SALT", "short")]);
    let weak = weak.current_dir(&inner).output().unwrap();
    assert!(String::from_utf8_lossy(&weak.stderr).contains("AURA_AUTH_SALT"), "{weak:?}");
    let absent = check(&inner, &["--env-file", "none.env"]);
    assert!(String::from_utf8_lossy(&absent.stderr).contains("none.env can't be read"), "{absent:?}");
    std::fs::remove_dir_all(folder).unwrap();
}

/// Standards: RFC 6797 7.2; ASVS 3.4.1
#[test]
fn hsts_is_sent_only_if_the_request_s_origin_is_https() {
    let proxied = [
        &COMPLETE[..4],
        &[
            ("AURA_AUTH_TRUSTED_PROXIES", "127.0.0.1"),
            ("AURA_AUTH_TRUSTED_ORIGINS", "https://app.example, http://app.example"),
        ],
    ]
    .concat();
    let https = "app.example\r\nX-Forwarded-Proto: https";
    let http = "app.example\r\nX-Forwarded-Proto: http";
    for (environment, host, is_told) in [
        (&proxied[..], https, true),
        (&proxied, http, false),
        (&COMPLETE, "app.example", true),
        (&COMPLETE, "evil.example", false),
    ] {
        let server = Server::start(&["--port", "0"], environment);
        for path in ["/", "/nowhere", "/auth/session"] {
            let answer = server.get(path, host);
            assert_eq!(answer.contains("strict-transport-security: max-age=31536000"), is_told, "{host}: {answer}");
        }
    }
}
