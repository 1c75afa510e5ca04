//! What the server holds: at rest, after full load, with many clients remembered, and whether it grows.

use std::time::Duration;

use super::findings::Findings;
use super::ground::{Ground, MANY, RS256, Subject};
use crate::Fallible;
use crate::aim::{Aim, Unit};
use crate::load::Fleet;
use crate::requests::Pick;
use crate::sample::Measured as _;
use crate::server::Server;
use crate::stats::Spread;

/// After the start, so that what it took is given back.
const REST: Duration = Duration::from_secs(2);
const MINUTE: Duration = Duration::from_secs(60);
const EVERY: Duration = Duration::from_secs(10);
const SAMPLES_PER_MINUTE: u32 = 6;

/// `growth_minutes`: for how long it is watched whether it grows, and 0 for not at all.
pub(super) async fn measure(ground: &Ground<'_>, growth_minutes: u32, findings: &mut Findings) -> Fallible<()> {
    let subject = ground.subject(MANY, "").await?;
    let server = &subject.server;
    tokio::time::sleep(REST).await;
    let mut figure = |name, most| {
        let held = mebibytes(server)?;
        findings.figure(name, Aim::AtMost(most), Unit::Mebibytes, [held]);
        Fallible::Ok(())
    };
    figure("memory, idle", 15.0)?;
    let settings = ground.settings;
    let mut one = fleet(&subject, 1).await?;
    for _ in 0..settings.runs * settings.seconds {
        one.drive(Duration::from_secs(1)).await?;
        server.tidy()?;
    }
    figure("memory, after full load with one client", 25.0)?;
    subject.ask_each(MANY).await?;
    figure("memory, after 100,000 clients", 80.0)?;
    if growth_minutes > 0 {
        let grown = growth(&mut fleet(&subject, MANY).await?, server, growth_minutes).await?;
        findings.figure("memory, growth under full load", Aim::Below(2.0), Unit::Percent, [grown]);
    }
    Ok(())
}

async fn fleet(subject: &Subject<'_>, clients: u32) -> Fallible<Fleet> {
    Fleet::open(subject.tokens(RS256, Pick::Random(clients))?).await
}

/// After a minute that warms up.
async fn growth(fleet: &mut Fleet, server: &Server, minutes: u32) -> Fallible<f64> {
    fleet.drive(MINUTE).await?;
    server.tidy()?;
    let mut held = Vec::new();
    for minute in 1..=minutes {
        eprintln!("memory, minute {minute} of {minutes}");
        for _ in 0..SAMPLES_PER_MINUTE {
            fleet.drive(EVERY).await?;
            server.tidy()?;
            held.push(mebibytes(server)?);
        }
    }
    Ok(percent_grown(&held, usize::try_from(SAMPLES_PER_MINUTE)?))
}

/// From the median of the first samples to that of the last.
fn percent_grown(held: &[f64], samples: usize) -> f64 {
    let first = Spread::of(held.iter().copied().take(samples)).median;
    let last = Spread::of(held.iter().rev().copied().take(samples)).median;
    (last / first - 1.0) * 100.0
}

fn mebibytes(server: &Server) -> Fallible<f64> {
    Ok(f64::from(u32::try_from(server.resident_kib()?)?) / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_between_medians_so_that_one_peak_is_none() {
        let grown = percent_grown(&[100.0, 90.0, 100.0, 300.0, 110.0, 500.0, 110.0], 3);
        assert!((grown - 10.0).abs() < 1e-9, "{grown}");
        assert!(percent_grown(&[100.0, 100.0, 90.0], 1) < 0.0);
    }
}
