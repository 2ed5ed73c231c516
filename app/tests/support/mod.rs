//! The program, started as people start it.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

pub(crate) const SECRET: &str = "Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js+Ua/EoTiNq0=";
pub(crate) const SALT: &str = "Zs5Wd8Kf2Jh6Ng9Bv4Cx7Mq1Lp3Rt0Yu+Ea/OiTxQ1=";

/// Returns the program in a folder without `.env`, with only the given environment.
pub(crate) fn program(arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aura-auth-app"));
    command.args(arguments).current_dir(std::env::temp_dir()).env_clear().envs(environment.iter().copied());
    command
}

pub(crate) fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    program(arguments, environment).output().unwrap()
}

pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    pub(crate) metrics: Option<String>,
    /// Disconnects when the program's output ends, which means that the program has ended.
    output: Receiver<()>,
}

impl Server {
    pub(crate) fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::spawn(&mut program(arguments, environment))
    }

    /// Starts the program and keeps its log for [`log`](Self::log).
    pub(crate) fn logging(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::spawn_with(&mut program(arguments, environment), Stdio::piped())
    }

    pub(crate) fn spawn(command: &mut Command) -> Self {
        Self::spawn_with(command, Stdio::null())
    }

    fn spawn_with(command: &mut Command, log: Stdio) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(|line| line.unwrap());
        let mut line = lines.next().unwrap();
        let metrics = line.strip_prefix("metrics on http://").and_then(|rest| rest.strip_suffix("/metrics"));
        let metrics = metrics.map(str::to_owned);
        if metrics.is_some() {
            line = lines.next().unwrap();
        }
        let address = line.trim().strip_prefix("listening on http://").unwrap().to_owned();
        let (until_end, output) = channel();
        thread::spawn(move || {
            lines.for_each(drop);
            drop(until_end);
        });
        Self { child, address, metrics, output }
    }

    /// Stops the program, and returns its log.
    pub(crate) fn log(&mut self) -> String {
        self.terminate_within(Duration::from_secs(20));
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        log
    }

    /// Asks the program to end, and waits until it has ended.
    pub(crate) fn terminate_within(&mut self, limit: Duration) -> ExitStatus {
        self.terminate();
        self.ended_within(limit)
    }

    pub(crate) fn terminate(&self) {
        assert!(Command::new("kill").arg(self.child.id().to_string()).status().unwrap().success());
    }

    pub(crate) fn ended_within(&mut self, limit: Duration) -> ExitStatus {
        assert_eq!(self.output.recv_timeout(limit), Err(RecvTimeoutError::Disconnected), "the program still runs");
        self.child.wait().unwrap()
    }

    /// Returns the response to a GET, with its headers.
    pub(crate) fn get(&self, path: &str, host: &str) -> String {
        self.send(&format!("GET {path}"), host)
    }

    pub(crate) fn send(&self, line: &str, host: &str) -> String {
        Self::send_to(&self.address, line, host)
    }

    pub(crate) fn send_to(address: &str, line: &str, host: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection for several requests.
pub(crate) struct KeptAlive(BufReader<TcpStream>);

impl KeptAlive {
    pub(crate) fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self(BufReader::new(stream))
    }

    /// Returns the head of the response, and also reads its body.
    pub(crate) fn get(&mut self, path: &str) -> String {
        self.get_and_begin(path, "")
    }

    /// Like [`get`](Self::get), but also sends the beginning of the next request. When the response arrives, the server
    /// has read it.
    pub(crate) fn get_and_begin(&mut self, path: &str, next: &str) -> String {
        let bytes = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n{next}");
        self.0.get_mut().write_all(bytes.as_bytes()).unwrap();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(self.0.read_line(&mut head).unwrap(), 0, "{head}");
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        self.0.read_exact(&mut vec![0; length.parse().unwrap()]).unwrap();
        head
    }
}
