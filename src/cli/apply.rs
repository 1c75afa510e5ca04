//! `countersign apply`: a provisioning file, made so.

use std::path::PathBuf;

use super::context::Context;
use super::{CliError, Globals, out};
use crate::admin::provision::{Document, Fault};
use crate::admin::service::Put;
use crate::audit::Actor;

#[derive(Debug, clap::Args)]
pub(super) struct Apply {
    /// The file
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
    /// Name what was so already, too
    #[arg(short, long)]
    verbose: bool,
}

pub(super) async fn run(globals: &Globals, Apply { file, verbose }: Apply) -> Result<(), CliError> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(&file).map_err(|error| CliError::new(format_args!("{name}: {error}")))?;
    let document = Document::parse(&name, &text).map_err(|faults| all(&faults))?;
    let context = Context::open(globals).await?;
    let report = document.apply(&context.ops(), &Actor::Shell).await.map_err(CliError::new)?;
    for done in report.done.iter().filter(|done| verbose || done.put != Put::Unchanged) {
        out::line(done)?;
    }
    out::line(report)
}

fn all(faults: &[Fault]) -> CliError {
    let lines: Vec<String> = faults.iter().map(Fault::to_string).collect();
    CliError::new(format_args!("nothing was changed:\n{}", lines.join("\n")))
}
