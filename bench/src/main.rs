//! The benchmark: what a request to Countersign costs the server's CPU, beside what the same server's HTTP and the same
//! library's cryptography cost in the same run.
//!
//! ```text
//! cargo build --release
//! cargo run --release -p bench -- verify [--seconds 5] [--runs 5] [--connections 16] [--json FILE]
//! cargo run --release -p bench -- issuer [the same] [--database sqlite|postgres|both]
//! cargo run --release -p bench -- scale [as verify]
//! ```
//!
//! Absolute rates are of a machine and a day; ratios taken within one run travel. So each suite alternates its scenarios with
//! a baseline and with the bare operations of the library, counts CPU-seconds as the system does, and prints medians with
//! their spread. `docs/benchmarks.md` says what each figure means.
//!
//! - `machine`, `usage`: which core works for whom, and what was used.
//! - `installation`, `database`, `postgres`, `server`, `tokens`: the server under the benchmark, and what it issues for it.
//! - `http`, `requests`, `load`: what is asked, in a closed or an open loop.
//! - `sample`, `scenario`, `limits`: one measurement; several that take turns; the bare rates of the cryptography between them.
//! - `strain`: what nodes and their Postgres have to do.
//! - `verify`, `issuer`, `scale`: a suite each: which scenarios there are, and what is compared.
//! - `stats`, `aim`, `report`: medians, what they shall be, the tables and the JSON.

mod aim;
mod awake;
mod database;
mod http;
mod installation;
mod issuer;
mod limits;
mod load;
mod machine;
mod postgres;
mod report;
mod requests;
mod sample;
mod scale;
mod scenario;
mod server;
mod stats;
mod strain;
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

#[derive(Debug, Args)]
struct Output {
    /// Write the figures to this file, too
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Suite {
    /// `/verify`, warm and cold, beside `/health/live` and the bare RSA-2048 verification
    Verify {
        #[command(flatten)]
        settings: Settings,
        #[command(flatten)]
        output: Output,
    },
    /// The token endpoint, beside the bare signatures
    Issuer {
        #[command(flatten)]
        options: issuer::Options,
        #[command(flatten)]
        output: Output,
    },
    /// One node and two on one Postgres: what each wants of the other, and of the database
    Scale {
        #[command(flatten)]
        settings: Settings,
        #[command(flatten)]
        output: Output,
    },
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

impl Settings {
    /// Of the server's configuration.
    fn log_section(&self) -> String {
        format!("[log]\nlevel = {:?}\n", self.log_level)
    }
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
    // One thread: the load must not compete with itself, nor leave its core.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (report, output) = match suite {
        Suite::Verify { settings, output } => (runtime.block_on(verify::run(settings))?, output),
        Suite::Issuer { options, output } => (runtime.block_on(issuer::run(options))?, output),
        Suite::Scale { settings, output } => (runtime.block_on(scale::run(settings))?, output),
    };
    write!(std::io::stdout(), "{report}")?;
    if let Some(file) = &output.json {
        std::fs::write(file, serde_json::to_vec_pretty(&report)?)?;
    }
    Ok(())
}
