use std::time::Duration;

use super::*;
use crate::aim::{Aim, Unit};

fn row(name: &'static str, requests: f64, disturbances: f64) -> Row {
    let sample = Sample {
        requests,
        disturbances,
        elapsed: Duration::from_secs(2),
        server_cpu: Some(Duration::from_secs(1)),
        load_cpu: Duration::from_millis(500),
        p50: Duration::from_micros(250),
        p99: Duration::from_micros(900),
        p999: Duration::from_micros(1500),
    };
    Row::new(name, &[sample])
}

fn report(parts: Vec<Part>) -> Report {
    Report {
        suite: "example",
        version: "countersign 1.2.3".into(),
        machine: Machine { processor: "Example 9000".into(), cores: 2, pinned: Some(Pinned { server: 0, load: 1 }) },
        settings: Settings { seconds: 2, runs: 1, connections: 16, log_level: "warn".into() },
        parts,
    }
}

#[test]
fn the_table_has_a_column_for_each_comparison() {
    let one = |value| Spread::of([value]);
    let mut second = row("second", 10_000.0, 0.0);
    second.compare("of first", [0.4, 0.5, 0.7]);
    second.compare("of what is not known", []);
    let part = Part {
        rows: vec![row("first", 20_000.0, 0.0), second],
        limits: vec![Limit { name: "sign", per_cpu_second: one(2500.4) }],
        server_busy: Some(one(0.5)),
        load_busy: Some(one(0.25)),
        resident_kib: Some(20 * 1024),
        ..Part::default()
    };
    let expected = "\
countersign 1.2.3 on Example 9000 (2 cores); server on core 0, load on core 1
16 connections, 1 runs of 2 s each, log level `warn`; median (min..max)

| scenario | requests/s | CPU-µs a request | of first | p50 µs | p99 µs | p99.9 µs |
|---|---|---|---|---|---|---|
| first | 10000 (10000..10000) | 50.0 (50.0..50.0) |  | 250 (250..250) | 900 (900..900) | 1500 (1500..1500) |
| second | 5000 (5000..5000) | 100.0 (100.0..100.0) | 0.50 (0.40..0.70) | 250 (250..250) | 900 (900..900) | 1500 (1500..1500) |

| limit | per CPU-second |
|---|---|
| sign | 2500 (2500..2500) |

Of the time, the server was busy for 0.50 (0.50..0.50), the load generator for 0.25 (0.25..0.25).
The server held 20 MiB after the last run.
";
    assert_eq!(report(vec![part]).to_string(), expected);
}

#[test]
fn a_database_has_a_heading_and_its_figures_come_first() {
    let part = Part {
        title: Some("Example database"),
        figures: vec![Figure::new("tokens", Aim::AtLeast(0.9), Unit::Ratio, [0.95])],
        rows: vec![row("quiet", 20_000.0, 0.0), row("disturbed", 10_000.0, 6000.0)],
        ..Part::default()
    };
    let text = report(vec![part]).to_string();
    let (_, text) = text.split_once("median (min..max)\n\n").unwrap();
    let expected = "\
### Example database

| figure | aim | measured |  |
|---|---|---|---|
| tokens | ≥ 0.90 | 0.95 (0.95..0.95) | met |

| scenario | requests/s | beside it/s | CPU-µs a request | p50 µs | p99 µs | p99.9 µs |
|---|---|---|---|---|---|---|
| quiet | 10000 (10000..10000) |  | 50.0 (50.0..50.0) | 250 (250..250) | 900 (900..900) | 1500 (1500..1500) |
| disturbed | 5000 (5000..5000) | 3000 (3000..3000) |  | 250 (250..250) | 900 (900..900) | 1500 (1500..1500) |
";
    assert!(text.starts_with(expected), "{text}");
}
