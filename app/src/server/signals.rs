//! What asks the program to end.

use std::io;

use tokio::signal;

/// A wish that the program ends.
#[derive(PartialEq, Eq)]
pub(super) enum Signal {
    /// From whoever sits there.
    Interrupt,
    /// From what looks after the program.
    #[cfg_attr(not(unix), allow(dead_code, reason = "there is none"))]
    Terminate,
}

#[cfg(unix)]
pub(super) struct Signals(signal::unix::Signal, signal::unix::Signal);

#[cfg(unix)]
impl Signals {
    /// Hears what is sent from now on.
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
    /// Hears what is sent from now on.
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
