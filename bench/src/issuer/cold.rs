//! A million clients, and tokens for those that nobody has asked for yet.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::findings::{Findings, over};
use super::ground::{FEW, Ground, RS256};
use crate::Fallible;
use crate::aim::{Aim, Unit};
use crate::requests::Pick;
use crate::sample::Sample;

const CLIENTS: u32 = 1_000_000;

pub(super) async fn measure(ground: &Ground<'_>, findings: &mut Findings) -> Fallible<()> {
    let subject = ground.subject(CLIENTS, "").await?;
    let stand = subject.stand().await?;
    let asked = Arc::new(AtomicU32::new(0));
    let fresh = Pick::Each(Arc::clone(&asked), CLIENTS);
    let mut scenarios = [
        subject.scenario("RS256, 100 of 1,000,000 clients", subject.tokens(RS256, Pick::Random(FEW))?),
        subject.scenario("RS256, first requests of 1,000,000 clients", subject.tokens(RS256, fresh)?),
    ];
    let limits = stand.take_turns("cold", &mut scenarios).await?;
    if asked.load(Ordering::Relaxed) > CLIENTS {
        return Err("each client has asked by now: runs this long take more of them".into());
    }
    findings.signing(&scenarios, &limits);
    let [warm, cold] = scenarios.map(|it| it.samples);
    findings.figure(
        "1,000,000 clients, first requests, over warm ones",
        Aim::AtLeast(0.6),
        Unit::Ratio,
        over(&cold, &warm, Sample::rate_over),
    );
    findings.limits(limits);
    Ok(())
}
