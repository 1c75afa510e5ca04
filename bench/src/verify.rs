//! The suite `verify`: what the question "is this token good?" costs, warm and cold, beside a request that asks nothing.

use std::time::Duration;

use crate::limits::{Cryptography, Limits};
use crate::load::Workload;
use crate::machine::Machine;
use crate::report::{Limit, Report, Row};
use crate::sample::{Plan, Sample};
use crate::server::{self, Server};
use crate::stats::Spread;
use crate::tokens::{self, JWT, UUID};
use crate::{Fallible, Settings};

/// Tokens of the runs that do not ask about the same one again.
const MANY: usize = 1000;
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

/// Runs the suite. The runs of the scenarios alternate, so that what disturbs the machine for a while disturbs all of them.
pub(crate) async fn run(settings: &Settings) -> Fallible<Report> {
    let machine = Machine::prepare()?;
    let log = format!("[log]\nlevel = {:?}\n", settings.log_level);
    let warm = Server::start(&machine, &log).await?;
    let cold = Server::start(&machine, &format!("{log}{NO_CACHE}")).await?;
    let jwts = tokens::fetch(&warm, JWT, MANY).await?;
    let cryptography = Cryptography::new(signed_part(&jwts)?)?;
    let mut scenarios = scenarios(&warm, &cold, &jwts).await?;
    let plan = Plan { duration: Duration::from_secs(settings.seconds.into()), connections: settings.connections };
    let mut limits = Vec::new();
    for run in 1..=settings.runs {
        eprintln!("run {run} of {}", settings.runs);
        limits.push(machine.work_on_server_core(|| cryptography.measure(LIMIT_TIME))?);
        for scenario in &mut scenarios {
            let sample = Sample::take(scenario.server, &scenario.workload, plan).await;
            scenario.samples.push(sample.map_err(|error| format!("{}: {error}", scenario.name))?);
        }
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
    let Some((baseline, _)) = scenarios.split_first() else { return Vec::new() };
    let row = |scenario: &Scenario| {
        let mut row = Row::new(scenario.name, &scenario.samples);
        // Of what ran next to each other: a ratio is of one run, and only then the median is taken.
        let pairs = || scenario.samples.iter().zip(&baseline.samples);
        row.compare("of `/health/live`", pairs().map(|(it, http)| it.per_cpu_second() / http.per_cpu_second()));
        if scenario.checks_signature {
            let triples = || pairs().zip(limits);
            row.compare("of the verify limit", triples().map(|((it, _), limit)| it.per_cpu_second() / limit.verify));
            let alone = triples().map(|((it, http), limit)| 1.0 / (it.cpu() - http.cpu()) / limit.verify);
            row.compare("of the verify limit, without `/health/live`", alone);
        }
        row
    };
    scenarios.iter().map(row).collect()
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
