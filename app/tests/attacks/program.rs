//! Attacks on the program, as it is started.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use super::support::Server;

/// Sends `line` once in every half second; how long the server looked on, and what it said at last.
fn drip(server: &Server, begin: &str, line: &str) -> (Duration, String) {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    write!(stream, "{begin}").unwrap();
    let start = Instant::now();
    let mut answer = Vec::new();
    let mut buffer = [0; 1024];
    while start.elapsed() < Duration::from_secs(60) {
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

/// Attack: slowloris: headers, or a body, that never end, or a connection that says nothing
/// Standards: RFC 9112 9.5; ASVS 13.1.3, 16.5.2
#[test]
fn who_sends_slowly_is_not_waited_for() {
    let server = Server::start(&["--port", "0", "--demo"], &[]);
    let host = &server.address;
    let body = format!(
        "POST /auth/session HTTP/1.1\r\nHost: {host}\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 9999\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    );
    thread::scope(|scope| {
        let headers = scope.spawn(|| drip(&server, "GET / HTTP/1.1\r\n", "X: y\r\n"));
        let body = scope.spawn(|| drip(&server, &body, "x"));
        let silent = scope.spawn(|| drip(&server, "", ""));
        for (what, slow) in [("headers", headers), ("nothing", silent), ("body", body)] {
            let (waited, answer) = slow.join().unwrap();
            assert!(waited < Duration::from_secs(45), "{what}: {waited:?}");
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{what}: {answer}");
        }
    });
    assert!(server.get("/", host).starts_with("HTTP/1.1 200"));
}

/// Attack: an unfinished request keeps a server from being replaced
/// Standards: ASVS 13.1.3
#[test]
fn an_unfinished_request_does_not_keep_the_program_from_ending() {
    let mut server = Server::start(&["--port", "0", "--demo"], &[]);
    let mut stream = TcpStream::connect(&server.address).unwrap();
    write!(stream, "GET / HTTP/1.1\r\nHost: {}\r\n", server.address).unwrap();
    thread::sleep(Duration::from_millis(100));
    server.terminate_within(Duration::from_secs(20));
}
