//! The program without the stand-in, as it is deployed.

use std::error::Error;
use std::net::SocketAddr;

use crate::server::cli::Options;
use crate::server::database::SessionStore;
use crate::server::router::DemoAuth;

/// Fails with an error that says how to build a program with the demo.
pub(super) fn configure(_: SocketAddr, _: &Options, _: &SessionStore) -> Result<DemoAuth, Box<dyn Error>> {
    Err("this program was built without the demo: to start the demo, run `cargo xtask dev`; to build a program \
         with it, run `cargo xtask dist --demo`"
        .into())
}
