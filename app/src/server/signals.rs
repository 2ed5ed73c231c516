//! The signals that stop the program.

use std::io;

use tokio::signal;

/// A signal that stops the program.
#[derive(PartialEq, Eq)]
pub(super) enum Signal {
    /// A person pressed Ctrl+C (SIGINT).
    Interrupt,
    /// A process manager stops the program (SIGTERM).
    #[cfg_attr(not(unix), allow(dead_code, reason = "there is none"))]
    Terminate,
}

#[cfg(unix)]
pub(super) struct Signals(signal::unix::Signal, signal::unix::Signal);

#[cfg(unix)]
impl Signals {
    /// Starts to listen for signals.
    pub(super) fn listen() -> io::Result<Self> {
        use signal::unix::{SignalKind, signal};
        Ok(Self(signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?))
    }

    pub(super) async fn next(mut self) -> Signal {
        tokio::select! {
            _ = self.0.recv() => Signal::Interrupt,
            _ = self.1.recv() => Signal::Terminate,
        }
    }
}

#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    /// Starts to listen for signals.
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    pub(super) async fn next(self) -> Signal {
        if signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Signal::Interrupt
    }
}
