//! What those who verify tokens fetch, beside a request that fetches nothing.

use super::findings::{Findings, over};
use super::ground::Subject;
use crate::Fallible;
use crate::aim::{Aim, Unit};
use crate::requests::get;
use crate::sample::Sample;
use crate::scenario::Stand;

pub(super) async fn measure(subject: &Subject<'_>, stand: &Stand<'_>, findings: &mut Findings) -> Fallible<()> {
    let scenario = |name, path| subject.scenario(name, subject.workload(get(path)));
    let mut scenarios = [
        scenario("`/health/live`", "/health/live"),
        scenario("discovery", "/realms/bench/.well-known/openid-configuration"),
        scenario("JWKS", "/realms/bench/jwks.json"),
    ];
    stand.take_turns("metadata", &mut scenarios).await?;
    findings.plain(&scenarios);
    let [live, discovery, jwks] = scenarios.map(|it| it.samples);
    let mut figure = |name, it| findings.figure(name, Aim::AtLeast(0.9), Unit::Ratio, over(it, &live, Sample::rate_over));
    figure("discovery over `/health/live`", &discovery);
    figure("JWKS over `/health/live`", &jwks);
    Ok(())
}
