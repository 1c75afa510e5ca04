//! The `countersign` binary: the command line, and nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    countersign::cli::run()
}
