//! How somebody might get past `/verify` as a gateway asks it: with headers that are not the gateway's, with paths that two servers
//! read differently, with a query that reads like a rule, behind a host that nobody serves.

use std::path::PathBuf;
use std::sync::LazyLock;

use countersign::config::Config;

use super::{assert_bare, bearer, contract, granted};
use crate::harness::http::{Request, Response};
use crate::harness::server::{Server, on_both};

const USERS: &str = "/core/users/7";
const TRANSACTIONS: &str = "/core/transactions";

/// A question as Caddy, nginx and Envoy put it.
fn questions(method: &str, host: &str, target: &str) -> [(&'static str, Request); 3] {
    let told = |path: &str, names: [&str; 3]| {
        let [method_name, host_name, uri_name] = names;
        Request::new("GET", path).header(method_name, method).header(host_name, host).header(uri_name, target)
    };
    [
        ("caddy", told("/verify", ["X-Forwarded-Method", "X-Forwarded-Host", "X-Forwarded-Uri"])),
        ("nginx", told("/verify/nginx", ["X-Original-Method", "X-Original-Host", "X-Original-URI"])),
        ("envoy", Request::new(method, &format!("/verify/envoy{target}")).header("Host", host)),
    ]
}

/// A token for reading users, and one for all that the client may.
async fn tokens(server: &Server) -> (String, String) {
    let all = contract("uphold").good();
    let form = [("grant_type", "client_credentials"), ("scope", "users:*")];
    let narrow =
        Request::new("POST", "/core/oauth2/token").basic(contract("uphold").client, contract("uphold").secret).form(&form);
    (granted(&server.send(&narrow).await), granted(&server.send(&all).await))
}

#[track_caller]
fn assert_passes(answer: &Response, client: &str, what: &str) {
    assert_eq!((answer.status, answer.header("X-Auth-Client")), (200, Some(client)), "{what}: {answer:?}");
}

/// Refused, and nobody is passed on.
#[track_caller]
fn assert_stopped(answer: &Response, statuses: &[u16], what: &str) {
    assert!(statuses.contains(&answer.status), "{what}: {answer:?}");
    assert!(answer.headers.iter().all(|(name, _)| !name.starts_with("x-auth-")), "{what}: {answer:?}");
    assert_bare(answer, what);
}

/// Spellings that some server reads as another path than others do.
const TWO_READINGS: [&str; 30] = [
    "/core/users/./7",
    "/core/users/7/.",
    "/core/users/7/..",
    "/core/users/../transactions",
    "/core/users/7/../../transactions",
    "/core/users/%2e/7",
    "/core/users/%2e%2e/transactions",
    "/core/users/.%2E/transactions",
    "/core/users/%252e%252e/transactions",
    "/core/users/..%2ftransactions",
    "/core/users/7%2fkyc",
    "/core/users/7%2Fkyc",
    "/core/users/7%252fkyc",
    "/core/users/7%5ckyc",
    "/core/users/..%5c..%5ctransactions",
    "/core/users//7",
    "//core/users/7",
    "/core//users/7",
    "/core/users/7//",
    "/core/users/7;",
    "/core/users/7;/kyc",
    "/core/users/..;/transactions",
    "/core/users/7%3bkyc",
    "/core/users/7%00",
    "/core/users/7%0d%0aX-Auth-Client:%20root",
    "/core/users/7%20/..%20/kyc",
    "/core/users/7%23/kyc",
    "/core/users/7%3f/kyc",
    "/core/users/%c0%ae%c0%ae/transactions",
    "/core/users/%7",
];

/// A public route, and an API on a host of its own.
fn shop(config: &mut Config) {
    static DIR: LazyLock<PathBuf> = LazyLock::new(|| {
        let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("attacks-gateway");
        std::fs::create_dir_all(&home).unwrap();
        let file = r#"
            realm = "uphold"
            dialect = "uphold"
            audience = "https://api.uphold.com/"
            hosts = ["api.example.com"]
            prefix = "/core"
            [[routes]]
            methods = ["GET"]
            path = "/core/rates"
            public = true
            [[routes]]
            methods = ["GET"]
            path = "/core/users/{id}"
            scopes = ["users:read"]
        "#;
        std::fs::write(home.join("shop.toml"), file).unwrap();
        home
    });
    config.resources.dir = Some(DIR.clone());
}

fn no_proxies(config: &mut Config) {
    config.server.trusted_proxies.clear();
}

on_both! {
    async fn a_stranger_cannot_tell_what_is_asked_for(server, no_proxies) {
        let (narrow, all) = tokens(&server).await;
        for (gateway, question) in questions("GET", "api.example.com", USERS) {
            assert_stopped(&server.send(&bearer(&all, question)).await, &[403], gateway);
        }
        // With a rule in the URL a service may ask for itself: then its own method counts, and no header.
        let rule = "?realm=uphold&dialect=uphold&scope=users:read";
        let forged = |method: &str| {
            let request = Request::new(method, &format!("/verify{rule}")).header("X-Forwarded-Method", "GET");
            bearer(&all, request).header("X-Forwarded-Uri", "/public").header("X-Forwarded-For", "127.0.0.1")
        };
        assert_passes(&server.send(&bearer(&narrow, Request::new("GET", &format!("/verify{rule}")))).await, contract("uphold").client, "its own");
        let blocked = forged("POST").header("X-On-Behalf-Of", "user cd21b26d-35d2-408a-9201-b8fdbef7a604");
        assert_stopped(&server.send(&blocked).await, &[409], "a POST that is said to be a GET");
    }

    async fn the_headers_of_another_gateway_are_not_read(server) {
        let (narrow, all) = tokens(&server).await;
        let [(_, caddy), (_, nginx), (_, envoy)] = questions("POST", "api.example.com", TRANSACTIONS);
        let originals = |request: Request| request.header("X-Original-Method", "GET").header("X-Original-Host", "api.example.com").header("X-Original-URI", USERS);
        let forwarded = |request: Request| request.header("X-Forwarded-Method", "GET").header("X-Forwarded-Host", "api.example.com").header("X-Forwarded-Uri", USERS);
        for (what, question) in [("caddy", originals(caddy)), ("nginx", forwarded(nginx)), ("envoy", originals(forwarded(envoy)))] {
            let question = question.header("X-Envoy-Original-Path", USERS).header("X-Rewrite-URL", USERS).header("X-HTTP-Method-Override", "GET");
            assert_stopped(&server.send(&bearer(&narrow, question)).await, &[403], what);
        }
        for (what, path, told) in [("caddy", "/verify", originals as fn(Request) -> Request), ("nginx", "/verify/nginx", forwarded), ("nginx", "/verify/nginx/refusal", forwarded)] {
            assert_stopped(&server.send(&bearer(&all, told(Request::new("GET", path)))).await, &[403], what);
        }
        for (gateway, question) in questions("GET", "api.example.com", USERS).into_iter().take(2) {
            let twice = question.header("X-Forwarded-Uri", TRANSACTIONS).header("X-Original-URI", TRANSACTIONS);
            assert_stopped(&server.send(&bearer(&all, twice)).await, &[403], gateway);
        }
    }

    async fn a_path_with_two_readings_is_none(server) {
        let (narrow, all) = tokens(&server).await;
        for target in TWO_READINGS {
            for (gateway, question) in questions("GET", "api.example.com", target) {
                for token in [&narrow, &all] {
                    assert_stopped(&server.send(&bearer(token, question.clone())).await, &[403], &format!("{gateway}: {target}"));
                }
            }
        }
        // A client of HTTP writes none of these; a gateway may still pass them on.
        for target in ["/core/users/7#/kyc", "/core/users/7\\kyc", "/core/users/\u{fc}", "core/users/7", "*", ""] {
            for (gateway, question) in questions("GET", "api.example.com", target).into_iter().take(2) {
                assert_stopped(&server.send(&bearer(&all, question)).await, &[403], &format!("{gateway}: {target}"));
            }
        }
    }

    async fn a_path_is_compared_by_its_bytes_and_once_decoded(server) {
        let ((narrow, all), client) = (tokens(&server).await, contract("uphold").client);
        for (target, passes) in [
            (USERS, true),
            ("/core/users/7/", true),
            ("/core/%75sers/%37", true),
            ("/core/users/7?x=/../kyc&y=%2e%2e", true),
            ("/core/users/7/%6byc", false),
            ("/core/users/7/kyc/", false),
            ("/CORE/users/7", false),
            ("/core/Users/7", false),
            ("/core/users/7/KYC", false),
            ("/core/users", false),
            ("/core", false),
            ("/", false),
        ] {
            for (gateway, question) in questions("GET", "api.example.com", target) {
                let (what, answer) = (format!("{gateway}: {target}"), server.send(&bearer(&narrow, question)).await);
                if passes { assert_passes(&answer, client, &what) } else { assert_stopped(&answer, &[403], &what) }
            }
        }
        for (gateway, question) in questions("GET", "api.example.com", "/core/users/7/%6byc") {
            assert_passes(&server.send(&bearer(&all, question)).await, client, gateway);
        }
        for method in ["get", "POST", "PUT", "TRACE", "PROPFIND", "X"] {
            for (gateway, question) in questions(method, "api.example.com", USERS) {
                assert_stopped(&server.send(&bearer(&all, question)).await, &[403], &format!("{gateway}: {method}"));
            }
        }
    }

    async fn what_has_become_good_since_it_was_refused_is_no_success(server) {
        let (narrow, _) = tokens(&server).await;
        let asked = Request::new("GET", "/verify/nginx/refusal").header("X-Original-Method", "GET").header("X-Original-URI", USERS);
        let answer = server.send(&bearer(&narrow, asked)).await;
        assert_stopped(&answer, &[503], "good by now");
        assert_eq!((answer.text(), answer.header("Retry-After")), (r#"{"error":"temporarily_unavailable"}"#, Some("1")));
    }

    async fn envoys_query_is_the_callers_and_no_rule(server) {
        let (narrow, all) = tokens(&server).await;
        for query in ["realm=uphold&scope=users:read", "realm=uphold&dialect=uphold&scope=", "scope=", "realm=uphold&audience=https://api.uphold.com/"] {
            let asked = Request::new("POST", &format!("/verify/envoy{TRANSACTIONS}?{query}")).header("Host", "api.example.com");
            assert_stopped(&server.send(&bearer(&narrow, asked)).await, &[403], query);
            for bare in ["/verify/envoy", "/verify/envoy/"] {
                let asked = Request::new("GET", &format!("{bare}?{query}")).header("Host", "api.example.com");
                assert_stopped(&server.send(&bearer(&all, asked)).await, &[403], &format!("{bare}?{query}"));
            }
        }
    }

    async fn a_public_route_opens_itself_and_nothing_beside_it(server, shop) {
        let (narrow, _) = tokens(&server).await;
        for token in [None, Some("x.y.z"), Some(narrow.as_str())] {
            for (gateway, question) in questions("GET", "api.example.com", "/core/rates") {
                let question = question.header("X-Auth-Client", "root").header("X-On-Behalf-Of", "user 7");
                let question = if let Some(token) = token { bearer(token, question) } else { question };
                let answer = server.send(&question).await;
                assert_eq!(answer.status, 200, "{gateway}: {answer:?}");
                for name in ["X-Auth-Client", "X-Auth-Subject", "X-Auth-Institution", "X-Auth-Scopes", "X-Auth-Token-Id"] {
                    assert_eq!(answer.header(name), Some(""), "{gateway}: nobody is vouched for");
                }
            }
        }
        for (method, target) in [
            ("POST", "/core/rates"),
            ("GET", "/core/rates/7"),
            ("GET", "/core/rates/../users/7"),
            ("GET", "/core/rates/%2e%2e/users/7"),
            ("GET", "/core/rates;/../users/7"),
            ("GET", "/core/rates%2f..%2fusers%2f7"),
            ("GET", "/core/Rates"),
            ("GET", USERS),
        ] {
            for (gateway, question) in questions(method, "api.example.com", target) {
                assert_stopped(&server.send(&question).await, &[401, 403], &format!("{gateway}: {method} {target}"));
            }
        }
    }

    async fn a_host_that_nobody_serves_has_no_routes(server, shop) {
        let ((narrow, _), client) = (tokens(&server).await, contract("uphold").client);
        for host in ["api.example.com", "API.Example.COM", "api.example.com:8443", "api.example.com."] {
            for (gateway, question) in questions("GET", host, USERS) {
                assert_passes(&server.send(&bearer(&narrow, question)).await, client, &format!("{gateway}: {host}"));
            }
        }
        for host in ["other.example", "api.example.com.evil.example", "evil.example:api.example.com", "xapi.example.com", "127.0.0.1", "localhost"] {
            for target in [USERS, "/core/rates"] {
                for (gateway, question) in questions("GET", host, target) {
                    assert_stopped(&server.send(&bearer(&narrow, question)).await, &[400, 403], &format!("{gateway}: {host}"));
                }
            }
        }
        for host in ["", "evil.example, api.example.com", "api.example.com, evil.example", "evil.example/api.example.com"] {
            for (gateway, question) in questions("GET", host, USERS).into_iter().take(2) {
                assert_stopped(&server.send(&bearer(&narrow, question)).await, &[403], &format!("{gateway}: {host}"));
            }
        }
    }
}
