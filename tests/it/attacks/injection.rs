//! Rows 134 and 135: text that means something to a database, a directory, a terminal, a log or a browser is text here; and no
//! caller makes a new series of metrics.

use std::collections::BTreeSet;
use std::time::Duration;

use countersign::admin::service::SecretSource;
use countersign::audit::Actor;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::process::Process;
use super::{
    GRANT, assert_bare, basic_token, bearer, client, count, from, granted, metric, no_locks, part, realm, test_oauth, token,
};
use crate::harness::http::connection::Connection;
use crate::harness::http::{Request, Response, form_encoded, send};
use crate::harness::server::on_both;

/// In every hostile text, so that it is found wherever it ends up.
const MARK: &str = "pois0n";

const HOSTILE: &[&str] = &[
    "pois0n' OR '1'='1' --",
    "pois0n'; DROP TABLE clients; --",
    "pois0n\" UNION SELECT digest FROM secrets",
    "pois0n\\'; SELECT pg_sleep(10); --",
    "pois0n$1$2%s%n{}{0}",
    "*)(uid=pois0n))(|(uid=*",
    "pois0n\r\n{\"message\":\"request\",\"forged\":true}",
    "pois0n\r\nSet-Cookie: a=b\r\n\r\n<html>",
    "\u{1b}[2J\u{1b}]0;pois0n\u{7}",
    "pois0n\0suffix",
    "pois0n\u{202e}\u{2028}\u{feff}\u{fffd}",
    "${jndi:ldap://127.0.0.1:1/pois0n}",
    "<script>alert('pois0n')</script>",
    "../../../../etc/passwd#pois0n",
    "$(touch /tmp/pois0n)`id`|id",
    "pois0n=1&client_secret=x;y",
];

/// The text in every place where a token request has one. None of these requests is good.
fn hostile_requests(text: &str) -> Vec<Request> {
    let encoded = form_encoded(text).replace('+', "%20");
    let visible: String = text.chars().filter(char::is_ascii_graphic).collect();
    let json_body = |body: Value| Request::new("POST", "/oauth/token").json(&body);
    let wrong = || basic_token("demo", "wrong-secret");
    let mut requests = vec![
        basic_token(text, "wrong-secret"),
        basic_token("demo", text),
        token(&[("grant_type", text)]),
        token(&[GRANT, ("client_id", text), ("client_secret", text)]),
        token(&[GRANT, ("scope", text)]).basic("demo", "wrong-secret"),
        token(&[GRANT, ("scope", text)]).basic("demo", "demo-secret"),
        token(&[GRANT, ("audience", text)]).basic("demo", "demo-secret"),
        token(&[GRANT, ("resource", text)]).basic("demo", "demo-secret"),
        token(&[GRANT, (text, text), (text, text)]).basic("demo", "demo-secret"),
        token(&[GRANT, ("client_id", text)]).basic("demo", "demo-secret"),
        json_body(json!({ "email": text, "password": text })),
        json_body(json!({ "email": "mfa@bank.example", "password": "wrong-password", "otp": text })),
        json_body(json!({ "mfa_token": text, "otp": text })),
        json_body(json!({ "client_id": text, "client_secret": text, text: text })),
        Request::new("POST", &format!("/auth/oauth/v2/token?realm={encoded}"))
            .json(&json!({ "grant_type": "client_credentials" })),
        Request::new("POST", &format!("/oauth2/token?{encoded}={encoded}&client_id=x")).form(&[GRANT]),
        Request::new("POST", &format!("/realms/{encoded}/oauth2/token")).basic("demo", "demo-secret").form(&[GRANT]),
        Request::new("GET", &format!("/realms/{encoded}/jwks.json")),
        Request::new("GET", &format!("/{encoded}?{encoded}")),
        Request::new("POST", "/oauth2/token").basic("demo", "demo-secret").header("Content-Type", &visible).body(text),
        test_oauth(&visible),
    ];
    requests.extend(
        ["User-Agent", "Referer", "Accept", "Origin", "Host", "X-Request-Id", "Cookie"]
            .map(|name| wrong().header(name, &visible)),
    );
    requests
}

/// What the process has said after so many lines: the lines of requests, each parsed.
/// How many lines there are, once they are written: they wait a moment for company.
async fn settled(process: &Process) -> usize {
    tokio::time::sleep(Duration::from_millis(200)).await;
    process.log().lines().count()
}

async fn request_lines(process: &Process, since: usize) -> Vec<Value> {
    settled(process).await;
    let log = process.log();
    let lines = log
        .lines()
        .skip(since)
        .map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error} in {line:?}")));
    lines.filter(|line| line["message"] == "request").collect()
}

async fn raw(server: std::net::SocketAddr, bytes: &[u8]) -> Response {
    let mut connection = Connection::open(server).await.unwrap();
    connection.write(bytes).await.unwrap();
    connection.read().await.unwrap()
}

fn series(scrape: &Response) -> BTreeSet<String> {
    scrape.text().lines().filter(|line| !line.starts_with('#')).map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect()
}

on_both! {
    async fn atk_134_hostile_text_is_refused_as_data(server) {
        no_locks(&server).await;
        let tables = ["clients", "users", "secrets", "realms", "keys", "institutions"].map(|table| format!("SELECT COUNT(*) FROM {table}"));
        let mut before = Vec::new();
        for query in &tables {
            before.push(count(&server, query).await);
        }
        let process = Process::serve(&server.url).await;
        let since = settled(&process).await;
        let mut sent = 0;
        for text in HOSTILE {
            for request in hostile_requests(text) {
                sent += 1;
                let answer = process.send(&from(&format!("10.0.{}.{}", sent / 250, sent % 250), request)).await;
                let what = format!("request {sent}, {text:?}");
                assert!((400..500).contains(&answer.status), "{what}: {answer:?}");
                assert_bare(&answer, &what);
                assert!(answer.headers.iter().all(|(name, value)| !name.contains(MARK) && !value.contains(MARK)), "{what}: {answer:?}");
            }
        }
        let lines = request_lines(&process, since).await;
        assert_eq!(lines.len(), sent, "one line each");
        assert!(lines.iter().all(|line| line.get("forged").is_none() && line["status"].as_u64().is_some_and(|status| status < 500)));
        let log = process.log();
        assert!(!log.contains(MARK), "what a caller merely wrote is not logged");
        assert!(log.chars().all(|c| c == '\n' || !c.is_control()), "nothing moves a terminal's cursor");
        for (query, before) in tables.iter().zip(before) {
            assert_eq!(count(&server, query).await, before, "{query}");
        }
        granted(&process.send(&from("10.9.9.9", basic_token("demo", "demo-secret"))).await);
    }

    async fn atk_134_hostile_text_is_stored_as_data(server) {
        let process = Process::serve(&server.url).await;
        let administrator = token(&[GRANT, ("scope", "countersign.admin")]).basic("demo-admin", "demo-admin-secret");
        let admin = granted(&process.send(&administrator).await);
        let operate = async |request: Request| send(process.admin, &bearer(&admin, request)).await;
        let since = settled(&process).await;
        let mut sent = 0;
        for text in HOSTILE {
            let name = json!({ "name": text });
            let expected = if text.chars().any(char::is_control) { 400 } else { 200 };
            let changed = operate(Request::new("PATCH", "/admin/v1/realms/main/clients/demo").json(&name)).await;
            assert_eq!(changed.status, expected, "{text:?}: {changed:?}");
            sent += 1;
            if expected == 200 {
                let stored = operate(Request::new("GET", "/admin/v1/realms/main/clients/demo")).await;
                assert_eq!(stored.json()["name"], *text);
                sent += 1;
            }
        }
        // An id that is SQL, LDAP and shell at once is an id, in the path, in the database and in the token.
        let id = "x'OR'1'='1';--*)(|(uid=*${jndi}`id`$(id)<b>/../%2e%00&a=b?c#d";
        let created = operate(Request::new("POST", "/admin/v1/realms/main/clients").json(&json!({ "id": id, "scopes": ["read"] }))).await;
        assert_eq!((created.status, created.json()["id"].as_str()), (201, Some(id)), "{created:?}");
        let place = created.header("Location").unwrap().to_owned();
        assert_eq!(operate(Request::new("GET", &place)).await.json()["id"], id);
        let secret = operate(Request::new("POST", &format!("{place}/secrets")).json(&json!({}))).await.json()["secret"].as_str().unwrap().to_owned();
        let claims = part(&granted(&process.send(&basic_token(id, &secret)).await), 1);
        assert_eq!((claims["sub"].as_str(), claims["client_id"].as_str(), claims["scope"].as_str()), (Some(id), Some(id), Some("read")));
        assert_eq!(request_lines(&process, since).await.len(), sent + 4, "one line each");
        assert!(process.log().chars().all(|c| c == '\n' || !c.is_control()));
    }

    async fn atk_134_impossible_lengths_and_heads_are_refused(server) {
        let head = "POST /oauth2/token HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n";
        for (what, rest) in [
            ("a length past 64 bits", "Content-Length: 18446744073709551616\r\n\r\n"),
            ("a negative length", "Content-Length: -1\r\n\r\n"),
            ("two lengths", "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
            ("a length in words", "Content-Length: 0x10\r\n\r\n"),
            ("a chunk past 64 bits", "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n"),
            ("a chunk of nonsense", "Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
            ("a control character", "X-A: \x1b[2J\r\n\r\n"),
            ("NUL", "X-A: \0\r\n\r\n"),
            ("a blank in a name", "X A: b\r\n\r\n"),
            ("no name", ": b\r\n\r\n"),
        ] {
            let answer = raw(server.public, format!("{head}{rest}").as_bytes()).await;
            assert_eq!(answer.status, 400, "{what}: {answer:?}");
            assert_bare(&answer, what);
        }
        granted(&server.send(&basic_token("demo", "demo-secret")).await);
        assert_eq!(metric(&server, "countersign_panics_total").await, 0);
    }

    async fn atk_135_ten_thousand_names_make_no_new_series(server) {
        no_locks(&server).await;
        let added = server.ops().add_secret(&Actor::Shell, &realm("main"), &client("demo"), SecretSource::Generated, None).await.unwrap();
        let secret = added.secret.unwrap().expose().clone();
        let scrape = async || server.operate(&Request::new("GET", "/metrics")).await;
        // One of each, so that every series of a closed set is there.
        for request in strangers("first", &secret) {
            server.send(&request).await;
        }
        scrape().await;
        let before = series(&scrape().await);
        let mut asking = JoinSet::new();
        for lane in 0..4_u32 {
            let (public, secret) = (server.public, secret.clone());
            asking.spawn(async move {
                let mut connection = Connection::open(public).await.unwrap();
                for turn in 0..2500_u32 {
                    let id = format!("stranger-{lane}-{turn}");
                    let request = from(&format!("10.{lane}.{}.{}", turn / 250, turn % 250), basic_token(&id, &secret));
                    assert_eq!(connection.exchange(&request).await.unwrap().status, 401, "{id}");
                    if turn % 50 == 0 {
                        for request in strangers(&id, &secret) {
                            connection.exchange(&request).await.unwrap();
                        }
                    }
                }
            });
        }
        asking.join_all().await;
        let after = scrape().await;
        assert_eq!(series(&after), before);
        assert!(!after.text().contains("stranger") && !after.text().contains("demo"), "{}", after.text());
        let unknown = metric(&server, "countersign_bad_credentials_total{reason=\"unknown_client\"}").await;
        assert!(unknown >= 10_000, "{unknown}");
    }
}

/// Unheard-of names in every other place from which a label could be made.
fn strangers(name: &str, secret: &str) -> Vec<Request> {
    vec![
        basic_token(name, secret),
        token(&[("grant_type", name)]),
        Request::new("GET", &format!("/{name}")),
        Request::new("GET", &format!("/realms/{name}/jwks.json")),
        Request::new("POST", &format!("/realms/{name}/oauth2/token")).basic(name, secret).form(&[GRANT]),
        Request::new(&name.to_uppercase().replace('-', ""), "/oauth2/token"),
        token(&[GRANT, ("scope", name)]).basic("demo", secret),
        basic_token("demo", secret).header("Host", name).header("User-Agent", name),
    ]
}
