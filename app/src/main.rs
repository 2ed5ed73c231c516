//! The server.

use std::process::ExitCode;

fn main() -> ExitCode {
    aura_auth_app::server::run()
}
