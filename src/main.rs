//! The `countersign` binary: the command line, and nothing else.

use std::process::ExitCode;

/// Measured against the system's, which costs a token more and holds on to what a storm of requests took (docs/decisions/0014).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    countersign::cli::run()
}
