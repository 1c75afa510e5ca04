//! A wrong secret and a storm of logins at full speed, each on connections and from an address of its own, beside the load.

use std::net::{IpAddr, Ipv4Addr};

use super::findings::{Findings, over};
use super::ground::{FEW, RS256, Subject};
use crate::Fallible;
use crate::aim::{Aim, Unit};
use crate::load::Workload;
use crate::requests::{Pick, Requests, post};
use crate::sample::Sample;
use crate::scenario::{Scenario, Stand};

/// Of each who disturbs.
const CONNECTIONS: u16 = 4;
const ATTACKER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
const STORM: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 3));
/// The account of `provision/issuer.toml`, at the path of `dialects/accounts.toml`.
const LOGIN: &str = "grant_type=password&username=jane%40bench.example&password=correct+horse+battery+staple";

pub(super) async fn measure(subject: &Subject<'_>, stand: &Stand<'_>, findings: &mut Findings) -> Fallible<()> {
    let load = subject.tokens(RS256, Pick::Random(FEW))?;
    let scenario = |name, beside| Scenario { beside, ..subject.scenario(name, load.clone()) };
    let disturbance = |from, requests, expected| {
        Some(Workload { from: Some(from), connections: CONNECTIONS, expected, ..subject.workload(requests) })
    };
    // The secret of all other clients, so that it is as well made as a right one.
    let wrong = Requests::one(subject.site.request(RS256, "victim"));
    let login = Requests::one(post("/accounts/token", "", LOGIN));
    let mut scenarios = [
        scenario("RS256, undisturbed", None),
        scenario("RS256, beside a wrong secret", disturbance(ATTACKER, wrong, &[401, 429])),
        scenario("RS256, beside a storm of logins", disturbance(STORM, login, &[200, 503])),
    ];
    let limits = stand.take_turns("disturbed", &mut scenarios).await?;
    findings.signing(&scenarios, &limits);
    let [alone, attacked, stormed] = scenarios.map(|it| it.samples);
    let p99 = |it: &Sample, other: &Sample| Some(it.p99.as_secs_f64() / other.p99.as_secs_f64());
    let rate = |it: &Sample, other: &Sample| Some(it.per_second() / other.per_second());
    findings.figure("p99 beside a wrong secret", Aim::AtMost(1.2), Unit::Ratio, over(&attacked, &alone, p99));
    findings.figure("p99 beside a storm of logins", Aim::AtMost(2.0), Unit::Ratio, over(&stormed, &alone, p99));
    findings.figure("throughput beside a storm of logins", Aim::AtLeast(0.45), Unit::Ratio, over(&stormed, &alone, rate));
    findings.limits(limits);
    Ok(())
}
