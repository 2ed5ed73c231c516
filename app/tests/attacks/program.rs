//! Attacks on the program, started as a process.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use super::support::{KeptAlive, Server};

/// The time limits of these tests, in seconds. They are short, so that the tests do not wait.
const SHORT: &str = "0.5";
/// Longer than these limits, and shorter than the default limits.
const LONGER: Duration = Duration::from_secs(8);

/// Sends `line` again and again. Returns how long the server kept the connection open, and its response.
fn drip(address: &str, begin: &str, line: &str) -> (Duration, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    write!(stream, "{begin}").unwrap();
    let start = Instant::now();
    let mut answer = Vec::new();
    let mut buffer = [0; 1024];
    while start.elapsed() < LONGER {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => answer.extend_from_slice(&buffer[..read]),
            Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
                let _ = stream.write_all(line.as_bytes());
            }
            Err(_) => break,
        }
    }
    (start.elapsed(), String::from_utf8_lossy(&answer).into_owned())
}

/// Returns the headers of a request whose body is never sent.
fn begun_form(host: &str) -> String {
    format!(
        "POST /auth/session HTTP/1.1\r\nHost: {host}\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 9999\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    )
}

/// Attack: slowloris: headers, or a body, that never end, or a connection that says nothing
/// Standards: RFC 9112 9.5; ASVS 13.1.3, 16.5.2
#[test]
fn a_slow_or_silent_client_is_disconnected_after_the_timeout() {
    let limits = ["--port", "0", "--demo", "--header-timeout", SHORT, "--request-timeout", SHORT];
    let server = Server::start(&limits, &[]);
    let host = &server.address;
    let body = begun_form(host);
    thread::scope(|scope| {
        let headers = scope.spawn(|| drip(host, "GET / HTTP/1.1\r\n", "X: y\r\n"));
        let body = scope.spawn(|| drip(host, &body, "x"));
        let silent = scope.spawn(|| drip(host, "", ""));
        for (what, slow) in [("headers", headers), ("nothing", silent), ("body", body)] {
            let (waited, answer) = slow.join().unwrap();
            assert!(waited < LONGER, "{what}: {waited:?}");
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{what}: {answer}");
        }
    });
    assert!(server.get("/", host).starts_with("HTTP/1.1 200"));
}

/// Attack: an unfinished request keeps a server from being replaced
/// Standards: ASVS 13.1.3
#[test]
fn an_unfinished_request_does_not_block_the_shutdown() {
    let limits = ["--port", "0", "--demo", "--drain-timeout", SHORT, "--shutdown-timeout", SHORT];
    let mut server = Server::start(&limits, &[]);
    let host = &server.address;
    let headers = format!("GET / HTTP/1.1\r\nHost: {host}\r\n");
    let unfinished = [headers, begun_form(host)].map(|next| {
        let mut connection = KeptAlive::connect(host);
        assert!(connection.get_and_begin("/healthz", &next).starts_with("HTTP/1.1 200"));
        connection
    });
    server.terminate_within(LONGER);
    drop(unfinished);
}

/// Sends these bytes, and returns everything that the server sends until it closes the connection.
fn say(server: &Server, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// Attack: HTTP/2 by prior knowledge, whose connections have no limits, on the plain port
/// Standards: RFC 9113 3.3, 10.5; ASVS 13.1.3
#[test]
fn the_program_rejects_http_2() {
    let server = Server::start(&["--port", "0", "--demo"], &[]);
    let settings = b"\0\0\0\x04\0\0\0\0\0";
    let answer = say(&server, &[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &settings[..]].concat());
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer:?}");
}

/// Attack: headers of hundreds of kilobytes
/// Standards: RFC 6585 5; ASVS 4.1.3, 13.1.3
#[test]
fn request_headers_over_32_kilobytes_are_rejected() {
    let server = Server::start(&["--port", "0", "--demo"], &[]);
    let request = |length: usize| {
        let cookie = "x".repeat(length);
        format!("GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nCookie: {cookie}\r\n\r\n", server.address)
    };
    assert!(say(&server, request(32_000).as_bytes()).starts_with("HTTP/1.1 200"));
    for length in [33_000, 50_000, 100_000] {
        // The response can get lost, since the server closes the connection while the client still sends.
        let answer = say(&server, request(length).as_bytes());
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{length}: {answer}");
    }
}

/// Attack: a log filled by long paths and by refusals without end
/// Standards: ASVS 16.4.1
#[test]
fn long_paths_and_repeated_rejections_do_not_fill_the_log() {
    let mut server = Server::logging(&["--port", "0", "--demo"], &[]);
    let path = "a".repeat(20_000);
    for _ in 0..200 {
        let host = &server.address;
        let request =
            format!("POST /{path} HTTP/1.1\r\nHost: {host}\r\nSec-Fetch-Site: cross-site\r\nConnection: close\r\n\r\n");
        assert!(say(&server, request.as_bytes()).starts_with("HTTP/1.1 403"));
    }
    for number in 0..200 {
        let request = format!("GET / HTTP/1.1\r\nHost: {number}.example\r\nConnection: close\r\n\r\n");
        assert!(say(&server, request.as_bytes()).starts_with("HTTP/1.1 421"));
    }
    let log = server.log();
    assert!(log.lines().all(|line| line.len() < 2_000), "a long line");
    for refusal in ["CSRF_ORIGIN_REJECTED", "because its host is not configured"] {
        let lines = log.lines().filter(|line| line.contains(refusal)).count();
        assert!((1..50).contains(&lines), "{lines} lines of {refusal}: {log}");
    }
}

/// Attack: another site's page loads the program's pages as images or by `fetch`, and measures the answers
/// Standards: ASVS 3.5.6, 3.5.8
#[test]
fn another_site_can_navigate_to_a_page_but_not_load_it_as_a_subresource() {
    let server = Server::start(&["--port", "0", "--demo"], &[]);
    let sender = |mode: &str| format!("{}\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: {mode}", server.address);
    for (path, mode, is_refused) in [
        ("/", "no-cors", true),
        ("/dashboard", "no-cors", true),
        ("/pkgs", "no-cors", true),
        ("/auth/session", "no-cors", true),
        ("/pkg/none.css", "no-cors", false),
        ("/", "navigate", false),
    ] {
        let answer = server.get(path, &sender(mode));
        assert_eq!(answer.starts_with("HTTP/1.1 403"), is_refused, "{path} {mode}: {answer}");
    }
}
