//! `countersign migrate`: the schema, for those who do not let the server do it (`database.migrate = false`).

use super::{CliError, Globals, context, out};

pub(super) async fn run(globals: &Globals) -> Result<(), CliError> {
    let config = context::load(globals)?;
    let db = context::connect(&config.database).await?;
    context::migrate(&db).await?;
    db.close().await;
    out::line("the schema is up to date")
}
