//! The benchmark: what a request to Countersign costs the server's CPU, beside what the same server's HTTP and the same
//! library's cryptography cost in the same run.
//!
//! ```text
//! cargo build --release
//! cargo run --release -p bench -- verify [--seconds 5] [--runs 5] [--connections 16] [--json FILE]
//! ```
//!
//! Absolute rates are of a machine and a day; ratios taken within one run travel. So each suite alternates its scenarios with
//! a baseline and with the bare operations of the library, counts CPU-seconds as the system does, and prints medians with
//! their spread. `docs/benchmarks.md` says what each figure means.
//!
//! - `machine`, `usage`: which core works for whom, and what was used.
//! - `server`, `tokens`: the server under the benchmark, and what it issues for it.
//! - `http`, `load`, `sample`: a closed loop of requests, and one measurement of it.
//! - `limits`: the bare rates of the cryptography.
//! - `verify`: a suite: which scenarios there are, and what is compared. A further suite is a further file like it.
//! - `stats`, `report`: medians, the table and the JSON.

mod http;
mod limits;
mod load;
mod machine;
mod report;
mod sample;
mod server;
mod stats;
mod tokens;
mod usage;
mod verify;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

/// Here a failure is told and ends the run: nobody handles one.
type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

#[derive(Debug, Parser)]
#[command(name = "bench", version, about = "What a request to Countersign costs")]
struct Cli {
    #[command(subcommand)]
    suite: Suite,
}

#[derive(Debug, Subcommand)]
enum Suite {
    /// `/verify`, warm and cold, beside `/health/live` and the bare RSA-2048 verification
    Verify(Options),
}

#[derive(Debug, Args)]
struct Options {
    #[command(flatten)]
    settings: Settings,
    /// Write the figures to this file, too
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Clone, Debug, Args, serde::Serialize)]
struct Settings {
    /// Seconds of each run of each scenario
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Runs of each scenario
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Connections that ask at the same time
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..))]
    connections: u16,
    /// What the server logs: by default what it logs by default, one line for each request
    #[arg(long, default_value = "info,sqlx=warn")]
    log_level: String,
}

fn main() -> ExitCode {
    match measure(&Cli::parse().suite) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(suite: &Suite) -> Fallible<()> {
    let Suite::Verify(Options { settings, json }) = suite;
    // One thread: the load must not compete with itself, nor leave its core.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(verify::run(settings))?;
    writeln!(std::io::stdout(), "{report}")?;
    if let Some(file) = json {
        std::fs::write(file, serde_json::to_vec_pretty(&report)?)?;
    }
    Ok(())
}
