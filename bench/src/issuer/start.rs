//! From the start of the process to the first token.

use std::time::Duration;

use super::findings::Findings;
use super::ground::{FEW, Ground, RS256};
use crate::Fallible;
use crate::aim::{Aim, Unit};
use crate::database::Database;

const STARTS: u32 = 11;

pub(super) async fn measure(ground: &Ground<'_>, findings: &mut Findings) -> Fallible<()> {
    let site = ground.site(FEW).await?;
    let request = site.request(RS256, "bench");
    let mut millis = Vec::new();
    for _ in 0..STARTS {
        let mut server = site.spawn("")?;
        server.first_good_answer(server.public, request.as_bytes(), Duration::ZERO).await?;
        millis.push(server.age().as_secs_f64() * 1000.0);
    }
    // The aim is for the embedded database.
    let aim = if matches!(ground.database, Database::Sqlite) { Aim::AtMost(40.0) } else { Aim::None };
    findings.figure("start to first token", aim, Unit::Milliseconds, millis);
    Ok(())
}
