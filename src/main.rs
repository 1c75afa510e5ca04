//! The `countersign` binary: the command line, and nothing else.

use std::process::ExitCode;

/// The system's own left holes between the clients that are remembered, more than twice their size (docs/decisions/0016).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    countersign::cli::run()
}
