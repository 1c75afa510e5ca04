//! The suite `verify`: what the question "is this token good?" costs, warm and cold, beside a request that asks nothing.

use std::time::Duration;

use crate::limits::{Cryptography, Limits};
use crate::load::{Fleet, Workload};
use crate::machine::Machine;
use crate::report::{Limit, Report, Row};
use crate::sample::{Sample, Sampling};
use crate::server::{self, Server};
use crate::stats::Spread;
use crate::tokens::{self, JWT, UUID};
use crate::{Fallible, Settings};

/// Tokens of the runs that do not ask about the same one again.
const MANY: usize = 1000;
/// What goes before each run of a scenario, uncounted.
const WARM_UP: Duration = Duration::from_millis(500);
/// After so long it is the next scenario's turn.
const SLICE: Duration = Duration::from_millis(250);
const SLICES_PER_SECOND: u32 = 4;
/// How long each limit is measured in each run.
const LIMIT_TIME: Duration = Duration::from_secs(1);
/// The server that remembers no verdict: it checks each token's signature again.
const NO_CACHE: &str = "[cache]\nverified_tokens = 0\n";

/// One line of the table: a load on one of the servers, and its runs so far.
struct Scenario<'a> {
    name: &'static str,
    server: &'a Server,
    workload: Workload,
    /// Does each request cost the verification of a signature?
    checks_signature: bool,
    samples: Vec<Sample>,
}

/// Runs the suite.
pub(crate) async fn run(settings: &Settings) -> Fallible<Report> {
    let machine = Machine::prepare()?;
    let log = format!("[log]\nlevel = {:?}\n", settings.log_level);
    let warm = Server::start(&machine, &log).await?;
    let cold = Server::start(&machine, &format!("{log}{NO_CACHE}")).await?;
    let jwts = tokens::fetch(&warm, JWT, MANY).await?;
    let cryptography = Cryptography::new(signed_part(&jwts)?)?;
    let mut scenarios = scenarios(&warm, &cold, &jwts).await?;
    let mut limits = Vec::new();
    for run in 1..=settings.runs {
        eprintln!("run {run} of {}", settings.runs);
        limits.push(machine.work_on_server_core(|| cryptography.measure(LIMIT_TIME))?);
        round(&mut scenarios, settings).await?;
    }
    Ok(Report {
        suite: "verify",
        version: server::version()?,
        rows: rows(&scenarios, &limits),
        limits: bare_rates(&limits),
        server_busy: busy(&scenarios, Sample::server_busy),
        load_busy: busy(&scenarios, Sample::load_busy),
        resident_kib: warm.resident_kib()?,
        settings: settings.clone(),
        machine,
    })
}

/// One run of each scenario. They take turns several times a second, so that what disturbs the machine for a while disturbs
/// all of them alike.
async fn round(scenarios: &mut [Scenario<'_>], settings: &Settings) -> Fallible<()> {
    let mut samplings = Vec::with_capacity(scenarios.len());
    for Scenario { name, server, workload, .. } in &*scenarios {
        let fleet = Fleet::open(workload.clone(), settings.connections).await?;
        samplings.push(Sampling::begin(server, fleet, WARM_UP).await.map_err(|error| format!("{name}: {error}"))?);
    }
    for _ in 0..settings.seconds * SLICES_PER_SECOND {
        for (sampling, scenario) in samplings.iter_mut().zip(&*scenarios) {
            sampling.slice(SLICE).await.map_err(|error| format!("{}: {error}", scenario.name))?;
        }
    }
    for (sampling, scenario) in samplings.into_iter().zip(scenarios) {
        scenario.samples.push(sampling.end()?);
    }
    Ok(())
}

/// The first is what the others are compared with.
async fn scenarios<'a>(warm: &'a Server, cold: &'a Server, jwts: &[String]) -> Fallible<Vec<Scenario<'a>>> {
    let scenario = |name, server: &'a Server, requests: Vec<Vec<u8>>| {
        let workload = Workload { server: server.public, requests: requests.into(), expected: 200 };
        Scenario { name, server, workload, checks_signature: std::ptr::eq(server, cold), samples: Vec::new() }
    };
    let uuids = tokens::fetch(warm, UUID, 1).await?;
    let cold_jwts = tokens::fetch(cold, JWT, MANY).await?;
    Ok(vec![
        scenario("`/health/live`", warm, vec![b"GET /health/live HTTP/1.1\r\nHost: bench\r\n\r\n".to_vec()]),
        scenario("`/verify`, one JWT", warm, questions("bench", "read", jwts.get(..1).unwrap_or_default())),
        scenario("`/verify`, 1,000 JWTs", warm, questions("bench", "read", jwts)),
        scenario("`/verify`, cold", cold, questions("bench", "read", &cold_jwts)),
        scenario("`/verify`, one UUID", warm, questions("handles", "oob", &uuids)),
    ])
}

fn questions(realm: &str, scope: &str, tokens: &[String]) -> Vec<Vec<u8>> {
    let question = |token: &String| {
        format!("GET /verify?realm={realm}&scope={scope} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n")
            .into_bytes()
    };
    tokens.iter().map(question).collect()
}

/// What the signature of a JWT covers (RFC 7515, section 5.1).
fn signed_part(jwts: &[String]) -> Fallible<Vec<u8>> {
    let (message, _) = jwts.first().and_then(|jwt| jwt.rsplit_once('.')).ok_or("the server issues no JWTs")?;
    Ok(message.as_bytes().to_vec())
}

fn rows(scenarios: &[Scenario], limits: &[Limits]) -> Vec<Row> {
    let Some((http, _)) = scenarios.split_first() else { return Vec::new() };
    let row = |it: &Scenario| row(it.name, &it.samples, &http.samples, it.checks_signature.then_some(limits));
    scenarios.iter().map(row).collect()
}

/// A ratio is of what ran next to each other, and only of such ratios the median is taken.
fn row(name: &'static str, samples: &[Sample], http: &[Sample], limits: Option<&[Limits]>) -> Row {
    let mut row = Row::new(name, samples);
    let pairs = || samples.iter().zip(http);
    row.compare("of `/health/live`", pairs().map(|(it, http)| it.per_cpu_second() / http.per_cpu_second()));
    if let Some(limits) = limits {
        let triples = || pairs().zip(limits);
        row.compare("of the verify limit", triples().map(|((it, _), limit)| it.per_cpu_second() / limit.verify));
        let alone = triples().map(|((it, http), limit)| 1.0 / (it.cpu() - http.cpu()) / limit.verify);
        row.compare("of the verify limit, without `/health/live`", alone);
    }
    row
}

fn busy(scenarios: &[Scenario], share: fn(&Sample) -> f64) -> Spread {
    Spread::of(scenarios.iter().flat_map(|scenario| &scenario.samples).map(share))
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
    use serde_json::json;

    use super::*;

    /// A run in which a request took so many microseconds of the server's CPU.
    fn sample(micros: u64) -> Sample {
        let second = Duration::from_secs(1);
        let server_cpu = Duration::from_micros(1000 * micros);
        Sample { requests: 1000.0, elapsed: second, server_cpu, load_cpu: second, p50: second, p99: second }
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
        let limits = Limits { verify: 125_000.0, parse_and_verify: 100_000.0, sign: 3000.0 };
        let all = ratios(&row("example", &[sample(32)], &[sample(16)], Some(&[limits])));
        let with = all["of the verify limit"]["median"].as_f64().unwrap();
        let without = all["of the verify limit, without `/health/live`"]["median"].as_f64().unwrap();
        assert!((with - 0.25).abs() < 1e-9 && (without - 0.5).abs() < 1e-9, "{all}");
    }
}
