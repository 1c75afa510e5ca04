use std::time::Duration;

use http::StatusCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use super::counts::{Counts, Durations, Label, Labels};
use super::*;
use crate::model::{Algorithm, GrantKind};

fn text(registry: &Registry) -> Vec<String> {
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, registry).unwrap();
    // The library shows the counters of a family in the order of its hash map.
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn every_label_is_found_at_its_place() {
    fn holds<L: Label + PartialEq>() {
        for (place, label) in L::ALL.iter().enumerate() {
            assert_eq!((Label::place(*label), L::texts(place)), (place, vec![label.text()]));
        }
    }
    holds::<bool>();
    holds::<EndpointLabel>();
    holds::<StatusClass>();
    holds::<ErrorKind>();
    holds::<Reason>();
    holds::<GrantKind>();
    holds::<Algorithm>();
    assert_eq!(<(Algorithm, bool)>::COUNT, Algorithm::ALL.len() * 2);
    assert_eq!((Algorithm::Ps256, true).place(), 3);
    assert_eq!(<(Algorithm, bool)>::texts(3), [Algorithm::Ps256.as_str(), "true"]);
}

#[test]
fn counters_read_like_the_librarys_own() {
    #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
    struct HttpLabels {
        endpoint: &'static str,
        status: &'static str,
    }
    let (family, counts) = (Family::<HttpLabels, Counter>::default(), Counts::by(&["endpoint", "status"]));
    let (mut theirs, mut ours) = (Registry::with_prefix("countersign"), Registry::with_prefix("countersign"));
    theirs.register("http_requests", "Requests answered", family.clone());
    ours.register("http_requests", "Requests answered", counts.clone());
    assert_eq!(text(&ours), text(&theirs), "also where nothing was counted");
    assert_eq!(text(&ours), ["# EOF"]);
    for (round, endpoint) in EndpointLabel::ALL.iter().enumerate() {
        for status in StatusClass::ALL.iter().skip(round % 3) {
            for _ in 0..=round {
                family.get_or_create(&HttpLabels { endpoint: endpoint.as_str(), status: status.as_str() }).inc();
                counts.count((*endpoint, *status));
            }
        }
    }
    assert_eq!(text(&ours), text(&theirs));
}

#[test]
fn times_read_like_the_librarys_own() {
    let (histogram, durations) = (Histogram::new(exponential_buckets(0.000_25, 2.0, 15)), Durations::new());
    let (mut theirs, mut ours) = (Registry::with_prefix("countersign"), Registry::with_prefix("countersign"));
    theirs.register_with_unit("http_request", "Time from head to answer", Unit::Seconds, histogram.clone());
    ours.register_with_unit("http_request", "Time from head to answer", Unit::Seconds, durations.clone());
    assert_eq!(text(&ours), text(&theirs));
    // Below, at and above bounds.
    for micros in [0, 125, 250, 375, 500, 1000, 1125, 2000, 2_048_000, 4_096_000, 4_096_125, 60_000_000] {
        let took = Duration::from_micros(micros);
        histogram.observe(took.as_secs_f64());
        durations.observe(took);
    }
    let (ours, theirs) = (text(&ours), text(&theirs));
    let sum = "countersign_http_request_seconds_sum ";
    assert!(ours.contains(&format!("{sum}70.2455")), "exact, where the library adds up floats: {ours:#?}");
    let but_the_sum = |lines: Vec<String>| lines.into_iter().filter(|line| !line.starts_with(sum)).collect::<Vec<_>>();
    assert_eq!(but_the_sum(ours), but_the_sum(theirs));
}

#[test]
fn what_happened_is_told() {
    let metrics = Metrics::new();
    metrics.request(EndpointLabel::Token, StatusCode::OK, Duration::from_millis(1));
    metrics.issued(GrantKind::ClientCredentials, false);
    metrics.issued(GrantKind::ClientCredentials, true);
    metrics.issued(GrantKind::ClientCredentials, true);
    metrics.refused(ErrorKind::BadCredentials, Some(Reason::WrongSecret));
    metrics.signed(Algorithm::Rs256);
    metrics.verified(Algorithm::Es256);
    metrics.token_checked(true);
    metrics.client_looked_up(true);
    metrics.client_looked_up(false);
    metrics.client_looked_up(false);
    metrics.panicked();
    let readings = Readings {
        statements: 1,
        hash_runs: 2,
        hash_comparisons: 3,
        hash_waiting: 4,
        audit_written: 5,
        audit_waiting: 6,
        audit_dropped: 7,
        cached_tokens: 8,
        cached_clients: 9,
        cached_users: 10,
        cached_standings: 11,
        cached_reusable: 12,
    };
    let told = metrics.encode(readings);
    for line in [
        r#"http_requests_total{endpoint="token",status="2xx"} 1"#,
        "http_request_seconds_count 1",
        r#"tokens_issued_total{grant="client_credentials"} 1"#,
        r#"tokens_reused_total{grant="client_credentials"} 2"#,
        r#"tokens_refused_total{kind="bad_credentials"} 1"#,
        r#"bad_credentials_total{reason="wrong_secret"} 1"#,
        r#"signatures_total{algorithm="RS256"} 1"#,
        r#"verifications_total{algorithm="ES256"} 1"#,
        r#"token_checks_total{remembered="true"} 1"#,
        r#"client_lookups_total{remembered="true"} 1"#,
        r#"client_lookups_total{remembered="false"} 2"#,
        "panics_total 1",
        "statements_total 1",
        "hash_runs_total 2",
        "hash_comparisons_total 3",
        "hash_waiting 4",
        "audit_written_total 5",
        "audit_waiting 6",
        "audit_dropped_total 7",
        "cached_tokens 8",
        "cached_clients 9",
        "cached_users 10",
        "cached_standings 11",
        "cached_reusable 12",
    ] {
        assert!(told.lines().any(|told| told.strip_prefix("countersign_") == Some(line)), "{line}\n{told}");
    }
    assert!(metrics.encode(Readings { statements: 11, ..readings }).contains("countersign_statements_total 11\n"));
}
