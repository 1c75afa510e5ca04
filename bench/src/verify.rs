//! The suite `verify`: what the question "is this token good?" costs, warm and cold, beside a request that asks nothing.

use crate::installation::{self, Installation};
use crate::limits::{Cryptography, Limits};
use crate::load::{Pace, Workload};
use crate::machine::Machine;
use crate::report::{Limit, Part, Report, Row};
use crate::requests::{Requests, get};
use crate::sample::Sample;
use crate::scenario::{Scenario, Stand, over_all};
use crate::server::Server;
use crate::stats::Spread;
use crate::tokens::{self, JWT, UUID};
use crate::{Fallible, Settings};

const PROVISION: &str = include_str!("../provision/verify.toml");
/// Tokens of the runs that do not ask about the same one again.
const MANY: usize = 1000;
/// The server that remembers no verdict: it checks each token's signature again.
const NO_CACHE: &str = "[cache]\nverified_tokens = 0\n";
/// The scenario that is compared with the limit, too.
const COLD: &str = "`/verify`, cold";

/// Runs the suite.
pub(crate) async fn run(settings: &Settings) -> Fallible<Report> {
    let machine = Machine::prepare()?;
    let log = settings.log_section();
    let (warm_home, cold_home) = (Installation::create(None, PROVISION)?, Installation::create(None, PROVISION)?);
    let warm = Server::start(&machine, &warm_home, &log).await?;
    let cold = Server::start(&machine, &cold_home, &format!("{log}{NO_CACHE}")).await?;
    let jwts = tokens::fetch(&warm, JWT, MANY).await?;
    let stand = Stand { machine: &machine, settings, cryptography: Cryptography::new(tokens::signed_part(&jwts)?)? };
    let mut scenarios = scenarios(&warm, &cold, &jwts, settings.connections).await?;
    let limits = stand.take_turns("verify", &mut scenarios).await?;
    let part = Part {
        rows: rows(&scenarios, &limits),
        limits: bare_rates(&limits),
        server_busy: over_all(&scenarios, Sample::server_busy),
        load_busy: over_all(&scenarios, Sample::load_busy),
        resident_kib: Some(warm.resident_kib()?),
        ..Part::default()
    };
    Ok(Report { suite: "verify", version: installation::version()?, settings: settings.clone(), machine, parts: vec![part] })
}

/// The first is what the others are compared with.
async fn scenarios<'a>(warm: &'a Server, cold: &'a Server, jwts: &[String], connections: u16) -> Fallible<Vec<Scenario<'a>>> {
    let scenario = |name, server: &'a Server, requests: Requests| {
        let (server, measured) = (server.public, server);
        let workload = Workload { server, from: None, connections, requests, pace: Pace::Closed, expected: &[200] };
        Scenario::new(name, measured, workload)
    };
    let uuids = tokens::fetch(warm, UUID, 1).await?;
    let cold_jwts = tokens::fetch(cold, JWT, MANY).await?;
    Ok(vec![
        scenario("`/health/live`", warm, get("/health/live")),
        scenario("`/verify`, one JWT", warm, questions("bench", "read", jwts.get(..1).unwrap_or_default())),
        scenario("`/verify`, 1,000 JWTs", warm, questions("bench", "read", jwts)),
        scenario(COLD, cold, questions("bench", "read", &cold_jwts)),
        scenario("`/verify`, one UUID", warm, questions("handles", "oob", &uuids)),
    ])
}

fn questions(realm: &str, scope: &str, tokens: &[String]) -> Requests {
    let question = |token: &String| {
        format!("GET /verify?realm={realm}&scope={scope} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n")
            .into_bytes()
    };
    Requests::Written(tokens.iter().map(question).collect())
}

fn rows(scenarios: &[Scenario], limits: &[Limits]) -> Vec<Row> {
    let Some((http, _)) = scenarios.split_first() else { return Vec::new() };
    let row = |it: &Scenario| row(it.name, &it.samples, &http.samples, (it.name == COLD).then_some(limits));
    scenarios.iter().map(row).collect()
}

/// A ratio is of what ran next to each other, and only of such ratios the median is taken.
fn row(name: &'static str, samples: &[Sample], http: &[Sample], limits: Option<&[Limits]>) -> Row {
    let mut row = Row::new(name, samples);
    let pairs = || samples.iter().zip(http);
    row.compare("of `/health/live`", pairs().filter_map(|(it, http)| it.rate_over(http)));
    if let Some(limits) = limits {
        let triples = || pairs().zip(limits);
        row.compare("of the verify limit", triples().filter_map(|((it, _), limit)| Some(it.per_cpu_second()? / limit.verify)));
        let alone = triples().filter_map(|((it, http), limit)| Some(1.0 / (it.cpu()? - http.cpu()?) / limit.verify));
        row.compare("of the verify limit, without `/health/live`", alone);
    }
    row
}

fn bare_rates(limits: &[Limits]) -> Vec<Limit> {
    let limit = |name, rate: fn(&Limits) -> f64| Limit { name, per_cpu_second: Spread::of(limits.iter().map(rate)) };
    vec![
        limit("RS256 verify (RSA-2048, parsed key): the verify limit", |limits| limits.verify),
        limit("RS256 verify, the key parsed each time", |limits| limits.parse_and_verify),
        limit("RS256 sign", |limits| limits.sign),
    ]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    /// A run in which a request took so many microseconds of the server's CPU.
    fn sample(micros: u64) -> Sample {
        let second = Duration::from_secs(1);
        let server_cpu = Some(Duration::from_micros(1000 * micros));
        let (p50, p99, p999) = (second, second, second);
        Sample { requests: 1000.0, disturbances: 0.0, elapsed: second, server_cpu, load_cpu: second, p50, p99, p999 }
    }

    fn ratios(row: &Row) -> serde_json::Value {
        serde_json::to_value(row).unwrap()["ratios"].take()
    }

    #[test]
    fn ratios_are_of_one_round_and_per_cpu_second() {
        let (samples, http) = ([sample(20), sample(80), sample(100)], [sample(10), sample(40), sample(25)]);
        let spread = json!({ "median": 0.5, "min": 0.25, "max": 0.5 });
        assert_eq!(ratios(&row("example", &samples, &http, None)), json!({ "of `/health/live`": spread }));
    }

    #[test]
    fn the_limit_is_compared_with_and_without_http() {
        // A bare verification takes 8 µs; here a request takes 32 µs, of which HTTP is 16 µs.
        let limits = Limits { verify: 125_000.0, ..Limits::default() };
        let all = ratios(&row("example", &[sample(32)], &[sample(16)], Some(&[limits])));
        let with = all["of the verify limit"]["median"].as_f64().unwrap();
        let without = all["of the verify limit, without `/health/live`"]["median"].as_f64().unwrap();
        assert!((with - 0.25).abs() < 1e-9 && (without - 0.5).abs() < 1e-9, "{all}");
    }
}
