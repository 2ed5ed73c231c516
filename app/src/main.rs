//! The server.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A rendered page is made of many small strings. A third of the instructions that it costs are the system
/// allocator's, and this one needs fewer.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    aura_auth_app::server::run()
}
