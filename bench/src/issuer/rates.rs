//! Tokens of each algorithm, with few clients and with many.

use super::findings::{Findings, of_rsa, over};
use super::ground::{EDDSA, ES256, FEW, MANY, RS256, Subject};
use super::open;
use crate::Fallible;
use crate::aim::{Aim, Unit};
use crate::requests::Pick;
use crate::sample::Sample;
use crate::scenario::Stand;
use crate::stats::Spread;

const COMMITTED: &str = "[audit]\nissuance = \"committed\"\n";

pub(super) async fn measure(subject: &Subject<'_>, stand: &Stand<'_>, findings: &mut Findings) -> Fallible<()> {
    let audited = subject.site.ground.subject(FEW, COMMITTED).await?;
    subject.ask_each(MANY).await?;
    let few = subject.tokens(RS256, Pick::Random(FEW))?;
    let mut scenarios = [
        subject.scenario("RS256, 100 clients", few.clone()),
        subject.scenario("RS256, 100,000 clients", subject.tokens(RS256, Pick::Random(MANY))?),
        audited.scenario("RS256, audit committed", audited.tokens(RS256, Pick::Random(FEW))?),
        subject.scenario("ES256", subject.tokens(ES256, Pick::Random(FEW))?),
        subject.scenario("EdDSA", subject.tokens(EDDSA, Pick::Random(FEW))?),
    ];
    let limits = stand.take_turns("tokens", &mut scenarios).await?;
    findings.signing(&scenarios, &limits);
    let [rs256, many, audited, es256, eddsa] = scenarios.map(|it| it.samples);
    let mut figure = |name, aim, measured| findings.figure(name, Aim::AtLeast(aim), Unit::Ratio, measured);
    figure("RS256 tokens over the RSA limit", 0.9, of_rsa(&rs256, &limits));
    figure("the same, audit committed", 0.85, of_rsa(&audited, &limits));
    figure("ES256 tokens over the RSA limit", 6.0, of_rsa(&es256, &limits));
    figure("EdDSA tokens over the RSA limit", 7.0, of_rsa(&eddsa, &limits));
    figure("100,000 clients over 100", 0.95, over(&many, &rs256, Sample::rate_over));
    findings.limits(limits);
    let capacity = Spread::of(rs256.iter().map(Sample::per_second)).median;
    open::measure(stand, &subject.server, &few, capacity, findings).await
}
