//! Tokens of each algorithm, with few clients and with many, discovery and JWKS.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::findings::{Findings, of_rsa, over};
use super::ground::{EDDSA, ES256, FEW, Ground, RS256, Site};
use crate::Fallible;
use crate::aim::{Aim, Unit};
use crate::load::Fleet;
use crate::requests::{Pick, get};
use crate::sample::{Measured, Sample};
use crate::scenario::Scenario;
use crate::server::Server;
use crate::stats::Spread;

/// As many as a node remembers by default.
pub(super) const MANY: u32 = 100_000;
const COMMITTED: &str = "[audit]\nissuance = \"committed\"\n";

/// Gives back how many RS256 tokens the server issues in a second.
pub(super) async fn measure(ground: &Ground<'_>, site: &Site, server: &Server, findings: &mut Findings) -> Fallible<f64> {
    let audited_site = ground.site(FEW).await?;
    let audited = ground.serve(&audited_site, COMMITTED).await?;
    ask_each(ground, site, server, MANY).await?;
    let stand = ground.stand(server, site).await?;
    let mut http = [
        Scenario::new("`/health/live`", server, ground.workload(server, get("/health/live"))),
        Scenario::new("discovery", server, ground.workload(server, get("/realms/bench/.well-known/openid-configuration"))),
        Scenario::new("JWKS", server, ground.workload(server, get("/realms/bench/jwks.json"))),
    ];
    let scenario = |name, server, site: &Site, realm, clients| {
        let workload = ground.workload(server, site.requests(realm, Pick::Random(clients))?);
        Fallible::Ok(Scenario::new(name, server, workload))
    };
    let mut tokens = [
        scenario("RS256, 100 clients", server, site, RS256, FEW)?,
        scenario("RS256, 100,000 clients", server, site, RS256, MANY)?,
        scenario("RS256, audit committed", &audited, &audited_site, RS256, FEW)?,
        scenario("ES256", server, site, ES256, FEW)?,
        scenario("EdDSA", server, site, EDDSA, FEW)?,
    ];
    stand.take_turns(&mut http).await?;
    let limits = stand.take_turns(&mut tokens).await?;
    findings.plain(&http);
    findings.signing(&tokens, &limits);
    let [rs256, many, audited, es256, eddsa] = tokens.map(|it| it.samples);
    let [live, discovery, jwks] = http.map(|it| it.samples);
    findings.figure("RS256 tokens over the RSA limit", Aim::AtLeast(0.9), Unit::Ratio, of_rsa(&rs256, &limits));
    findings.figure("the same, audit committed", Aim::AtLeast(0.85), Unit::Ratio, of_rsa(&audited, &limits));
    findings.figure("ES256 tokens over the RSA limit", Aim::AtLeast(6.0), Unit::Ratio, of_rsa(&es256, &limits));
    findings.figure("EdDSA tokens over the RSA limit", Aim::AtLeast(7.0), Unit::Ratio, of_rsa(&eddsa, &limits));
    findings.figure("100,000 clients over 100", Aim::AtLeast(0.95), Unit::Ratio, over(&many, &rs256, Sample::rate_over));
    findings.figure("discovery over `/health/live`", Aim::AtLeast(0.9), Unit::Ratio, over(&discovery, &live, Sample::rate_over));
    findings.figure("JWKS over `/health/live`", Aim::AtLeast(0.9), Unit::Ratio, over(&jwks, &live, Sample::rate_over));
    findings.limits(limits);
    Ok(Spread::of(rs256.iter().map(Sample::per_second)).median)
}

/// Asks until so many clients have asked once.
pub(super) async fn ask_each(ground: &Ground<'_>, site: &Site, server: &Server, clients: u32) -> Fallible<()> {
    let asked = Arc::new(AtomicU32::new(0));
    let requests = site.requests(RS256, Pick::Each(Arc::clone(&asked), clients))?;
    let mut fleet = Fleet::open(ground.workload(server, requests)).await?;
    while asked.load(Ordering::Relaxed) < clients {
        fleet.drive(Duration::from_millis(250)).await?;
        server.tidy()?;
    }
    Ok(())
}
