//! Rows 128 and 131: requests that are too large, too deep or too compressed, and forged `Host` and forwarding headers.

use serde_json::json;

use super::process::Process;
use super::{
    GRANT, admin_token, assert_bare, assert_refused, basic_token, bearer, contract, from, granted, metric, part, sql, token,
};
use crate::harness::http::connection::Connection;
use crate::harness::http::{Request, Response};
use crate::harness::server::{Server, on_both};

const TOO_LARGE: &str = r#"{"error":"invalid_request","error_description":"The request body is too large"}"#;
const ENCODED: &str = r#"{"error":"invalid_request","error_description":"send the body without Content-Encoding"}"#;

fn padded(bytes: usize) -> Request {
    let form = "grant_type=client_credentials&pad=";
    let body = format!("{form}{}", "x".repeat(bytes - form.len()));
    Request::new("POST", "/oauth2/token")
        .basic("demo", "demo-secret")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(body)
}

fn with_headers(number: usize, value: &str) -> Request {
    (0..number).fold(basic_token("demo", "demo-secret"), |request, at| request.header(&format!("X-Pad-{at}"), value))
}

async fn raw(server: &Server, bytes: &[u8]) -> Response {
    let mut connection = Connection::open(server.public).await.unwrap();
    connection.write(bytes).await.unwrap();
    connection.read().await.unwrap()
}

on_both! {
    async fn atk_128_a_body_has_64_kib_at_most(server) {
        granted(&server.send(&padded(64 * 1024)).await);
        assert_refused(&server.send(&padded(64 * 1024 + 1)).await, (413, TOO_LARGE), "one byte more");
        assert_refused(&server.send(&padded(10 << 20)).await, (413, TOO_LARGE), "10 MiB");
        let chunk = format!("{:x}\r\n{}\r\n", 32 * 1024, "x".repeat(32 * 1024));
        let chunked = Request::new("POST", "/oauth2/token").header("Content-Type", "application/x-www-form-urlencoded");
        let chunked = chunked.header("Transfer-Encoding", "chunked").body(format!("{chunk}{chunk}{chunk}0\r\n\r\n"));
        assert_refused(&server.send(&chunked).await, (413, TOO_LARGE), "in chunks");
        // What is announced is refused at once, not waited for.
        let announced = b"POST /oauth2/token HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 4294967296\r\n\r\n";
        assert_refused(&raw(&server, announced).await, (413, TOO_LARGE), "4 GiB announced");
        let admin = admin_token(&server).await;
        let name = "x".repeat(64 * 1024);
        let create = Request::new("POST", "/admin/v1/realms/main/clients").json(&json!({ "id": "big", "name": name }));
        assert_eq!(server.operate(&bearer(&admin, create)).await.status, 413, "the admin API too");
    }

    async fn atk_128_a_head_has_its_bounds(server) {
        for (what, request, status) in [
            ("15 KiB of headers", with_headers(15, &"x".repeat(1000)), 200),
            ("17 KiB of headers", with_headers(17, &"x".repeat(1000)), 431),
            ("one header of 17 KiB", with_headers(1, &"x".repeat(17 * 1024)), 431),
            ("one header of 100 KiB", with_headers(1, &"x".repeat(100 * 1024)), 431),
            ("1,000 headers", with_headers(1000, "x"), 431),
            ("a query of 8 KiB", query_of(8 * 1024), 200),
            ("a query of more", query_of(8 * 1024 + 1), 414),
            ("a query of 60 KiB", query_of(60 * 1024), 414),
            ("a path of 9 KiB", Request::new("GET", &format!("/{}", "x".repeat(9 * 1024))), 414),
        ] {
            let answer = server.send(&request).await;
            assert_eq!(answer.status, status, "{what}: {answer:?}");
            if status == 200 { drop(granted(&answer)) } else { assert_bare(&answer, what) }
        }
    }

    async fn atk_128_deep_json_and_compressed_bodies_are_refused(server) {
        let deep = |open: &str, close: &str| format!("{{\"email\":{}{}}}", open.repeat(10_000), close.repeat(10_000));
        for body in [deep("[", "]"), deep("{\"a\":", "}"), "[".repeat(60_000), "{\"a\":".repeat(10_000)] {
            for path in ["/oauth/token", "/auth/oauth/v2/token"] {
                let request = Request::new("POST", path).header("Content-Type", "application/json").body(body.clone());
                let answer = server.send(&request).await;
                assert_eq!((answer.status, answer.json()["error"].as_str()), (400, Some("invalid_request")), "{answer:?}");
                assert_bare(&answer, "deep");
            }
            let admin = admin_token(&server).await;
            let create = Request::new("POST", "/admin/v1/realms/main/clients").header("Content-Type", "application/json").body(body);
            assert_eq!(server.operate(&bearer(&admin, create)).await.status, 400);
        }
        for encoding in ["gzip", "GZIP", "deflate", "br", "zstd", "gzip, identity", "identity, gzip", "unheard-of"] {
            let request = basic_token("demo", "demo-secret").header("Content-Encoding", encoding);
            assert_refused(&server.send(&request).await, (415, ENCODED), encoding);
        }
        granted(&server.send(&basic_token("demo", "demo-secret").header("Content-Encoding", "identity")).await);
        assert_eq!(metric(&server, "countersign_panics_total").await, 0);
    }

    async fn atk_128_oversized_requests_leave_the_memory_flat(server) {
        let process = Process::serve(&server.url).await;
        let flood = async || {
            for _ in 0..25 {
                assert_eq!(process.send(&padded(4 << 20)).await.status, 413);
                assert_eq!(process.send(&with_headers(1000, "x")).await.status, 431);
                assert_eq!(process.send(&query_of(60 * 1024)).await.status, 414);
            }
        };
        flood().await;
        let before = process.resident_kib();
        for _ in 0..3 {
            flood().await;
        }
        let after = process.resident_kib();
        assert!(after < before + 16 * 1024, "{before} KiB grew to {after} KiB by 300 MiB of requests");
    }

    async fn atk_131_forged_hosts_change_no_issuer_and_no_link(server) {
        let paths = ["/realms/main/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/realms/loanstreet", "/realms/main/jwks.json"];
        let iss = |answer: &Response| part(&granted(answer), 1)["iss"].clone();
        let honest = server.send(&basic_token("demo", "demo-secret")).await;
        for forge in forgeries() {
            for path in paths {
                let plain = server.send(&Request::new("GET", path)).await;
                let forged = server.send(&forge(Request::new("GET", path))).await;
                assert_eq!((forged.status, forged.text()), (200, plain.text()), "{path}");
                assert_eq!((forged.headers("Location"), forged.headers("Set-Cookie")), (vec![], vec![]), "{path}");
            }
            let forged = server.send(&forge(basic_token("demo", "demo-secret"))).await;
            assert_eq!(iss(&forged), iss(&honest));
            assert!(!String::from_utf8_lossy(&forged.body).contains("evil"), "{forged:?}");
            let refused = server.send(&forge(basic_token("demo", "wrong-secret"))).await;
            assert_eq!(refused.header("WWW-Authenticate"), Some(r#"Basic realm="main""#));
        }
        let absolute = server.send(&Request::new("GET", "http://evil.example/realms/main/.well-known/openid-configuration")).await;
        assert_eq!(absolute.text(), server.send(&Request::new("GET", paths[0])).await.text());
    }

    async fn atk_131_a_forwarded_host_chooses_no_realm(server) {
        sql(&server, "UPDATE realms SET host = 'river.example' WHERE id = 'crossriver'").await;
        server.refresh().await;
        let of_host = |request: Request| request.header("Host", "river.example");
        let keys = Request::new("GET", "/jwks.json");
        assert_eq!(server.send(&of_host(keys.clone())).await.status, 200);
        for name in ["X-Forwarded-Host", "X-Original-Host", "X-Host", "Forwarded", "X-Forwarded-Server"] {
            let value = if name == "Forwarded" { "host=river.example" } else { "river.example" };
            assert_eq!(server.send(&keys.clone().header(name, value)).await.status, 404, "{name}");
            let token = server.send(&basic_token("demo", "demo-secret").header(name, value)).await;
            assert_eq!(part(&granted(&token), 1)["iss"], "http://127.0.0.1:8080/realms/main", "{name}");
        }
        // The host is the realm's, so the link is too, whatever port or name a proxy claims beside it.
        let document = of_host(Request::new("GET", "/.well-known/openid-configuration")).header("X-Forwarded-Port", "1").header("X-Forwarded-Proto", "gopher");
        let document = server.send(&document).await.json();
        assert_eq!((document["issuer"].as_str(), document["jwks_uri"].as_str()), (Some("http://127.0.0.1:8080/realms/crossriver"), Some("http://river.example/jwks.json")));
    }

    async fn atk_131_a_forged_address_opens_no_network(server) {
        sql(&server, "UPDATE institutions SET networks = '[\"203.0.113.0/24\"]' WHERE realm = 'crossriver'").await;
        let river = contract("crossriver");
        granted(&server.send(&from("203.0.113.7", river.good())).await);
        assert_refused(&server.send(&from("198.51.100.7", river.good())).await, river.bad, "another network");
        let chained = from("203.0.113.7, 198.51.100.7", river.good());
        assert_refused(&server.send(&chained).await, river.bad, "what the caller wrote stands to the left");
        let deaf = Server::on(&server.url, |config| config.server.trusted_proxies.clear()).await;
        for name in ["X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP", "CF-Connecting-IP", "X-Client-IP"] {
            let value = if name == "Forwarded" { "for=203.0.113.7" } else { "203.0.113.7" };
            assert_refused(&deaf.send(&river.good().header(name, value)).await, river.bad, name);
        }
    }
}

fn query_of(bytes: usize) -> Request {
    Request::new("POST", &format!("/oauth2/token?{}", "x".repeat(bytes))).basic("demo", "demo-secret").form(&[GRANT])
}

/// Each way in which a caller can claim to be somewhere else.
fn forgeries() -> Vec<fn(Request) -> Request> {
    vec![
        |request| request.header("Host", "evil.example"),
        |request| request.header("Host", "evil.example:443\"><script>"),
        |request| {
            request
                .header("X-Forwarded-Host", "evil.example")
                .header("X-Forwarded-Proto", "https")
                .header("X-Forwarded-Port", "444")
        },
        |request| request.header("Forwarded", "host=evil.example;proto=https;for=\"[::1]\""),
        |request| {
            request.header("X-Original-URL", "/evil").header("X-Rewrite-URL", "/evil").header("X-Forwarded-Prefix", "/evil")
        },
        |request| request.header("Host", "localhost").header("Host", "evil.example"),
    ]
}

#[test]
fn a_form_is_padded_to_the_byte() {
    assert_eq!(String::from_utf8_lossy(&padded(100).bytes()).split("\r\n\r\n").nth(1).map(str::len), Some(100));
    assert!(token(&[GRANT]).bytes().ends_with(b"grant_type=client_credentials"));
}
