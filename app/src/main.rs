//! The server.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Rendering a page allocates many small strings. With the system's allocator, a third of the instructions of a page
/// are allocations. This allocator needs fewer.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    aura_auth_app::server::run()
}
