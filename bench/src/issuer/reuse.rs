//! The reuse window: a client that asks for each call, and gets the same token for a while.

use super::findings::{Findings, of_rsa};
use super::ground::{FEW, Subject};
use crate::Fallible;
use crate::aim::{Aim, Unit};
use crate::requests::Pick;
use crate::scenario::Stand;

pub(super) const REALM: &str = "reuse";

pub(super) async fn measure(subject: &Subject<'_>, stand: &Stand<'_>, findings: &mut Findings) -> Fallible<()> {
    let workload = subject.tokens(REALM, Pick::Random(FEW))?;
    let mut scenarios = [subject.scenario("RS256, within the reuse window", workload)];
    let limits = stand.take_turns("reuse window", &mut scenarios).await?;
    findings.signing(&scenarios, &limits);
    let [reused] = scenarios.map(|it| it.samples);
    findings.figure("reused tokens over the RSA limit", Aim::AtLeast(6.0), Unit::Ratio, of_rsa(&reused, &limits));
    findings.limits(limits);
    Ok(())
}
