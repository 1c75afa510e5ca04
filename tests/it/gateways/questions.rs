//! What a gateway asks and what it lets through, whatever Countersign answers: a stand-in answers as the caller's
//! `Authorization` says.

use std::net::SocketAddr;

use super::on_gateways;
use crate::harness::gateway::{Gateway, Installed, Kind};
use crate::harness::http::{Request, Response};
use crate::harness::recorder::{Reached, Recorder};

/// The headers that only Countersign sets, and what the stand-in has in them.
const WHO: [(&str, &str); 6] = [
    ("X-Auth-Client", "acme"),
    ("X-Auth-Subject", ""),
    ("X-Auth-Institution", "c9a7a1de-54a1-4a3c-8a41-1f0f5b8d3c77"),
    ("X-Auth-Scopes", "scope1 scope2"),
    ("X-Auth-Realm", "crossriver"),
    ("X-Auth-Token-Id", "t-1"),
];

/// A body that would be a question of its own where it was sent along without its length.
const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";

const REFUSED: &str = r#"{"code":"refused"}"#;
const CHALLENGE: &str = r#"Bearer error="invalid_token", error_description="of the contract""#;

struct Scene {
    gateway: Gateway,
    countersign: Recorder,
    api: Recorder,
}

impl Scene {
    async fn of(installed: Installed) -> Self {
        Self::with_api(installed, answer(200, &[("X-Of", "the API")], "done")).await
    }

    async fn with_api(installed: Installed, says: Response) -> Self {
        let (countersign, api) = (Recorder::start(stand_in).await, Recorder::start(move |_| says.clone()).await);
        let gateway = installed.between(countersign.address, api.address).await;
        Self { gateway, countersign, api }
    }

    /// A request that passes: what Countersign was asked, and what reached the API.
    async fn passes(&self, request: Request) -> (Reached, Reached) {
        let answer = self.gateway.send(&request.header("Authorization", "pass")).await;
        assert_eq!((answer.status, answer.text()), (200, "done"), "{answer:?} {}", self.gateway.log());
        (self.countersign.reached_once(), self.api.reached_once())
    }
}

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Response { status, headers, body: body.into() }
}

/// `pass`, or the status of the refusal, which `/verify/nginx` answers in the words that nginx knows.
fn stand_in(question: &Reached) -> Response {
    if !question.target.starts_with("/verify") {
        return answer(200, &[], "of Countersign");
    }
    let authorization = question.headers("Authorization").first().copied().unwrap_or("401");
    if authorization == "pass" {
        return answer(200, &WHO, "");
    }
    let status = match authorization.parse().unwrap() {
        status if asked(question).0 != "/verify/nginx" || status == 401 || status == 503 => status,
        _ => 403,
    };
    let headers = [("Content-Type", "application/json"), ("WWW-Authenticate", CHALLENGE), ("X-Trace", "7")];
    answer(status, &headers, REFUSED)
}

/// The methods and targets that a caller may write, as odd as they come.
const SENT: [(&str, &str); 8] = [
    ("GET", "/core/users"),
    ("POST", "/core/transactions?realm=main&scope=read&dialect=oauth2"),
    ("PUT", "/core/a%2Fb/%7Euser/%C3%BC?x=%41&y=a+b;c&&z"),
    ("PATCH", "/core//double/./dot/../%2e%2E/end/"),
    ("DELETE", "/core/a;b=c/%25?"),
    ("OPTIONS", "/core/'(x)*!$@,~"),
    ("PURGE", "/?"),
    ("POST", "/verify/nginx/refusal"),
];

on_gateways! {
    async fn a_request_reaches_the_api_as_it_was_sent(installed) {
        let scene = Scene::of(installed).await;
        let binary: Vec<u8> = (0..=255).cycle().take(100_000).collect();
        for (method, target) in SENT {
            let request = Request::new(method, target)
                .header("Host", "api.example.com")
                .header("X-On-Behalf-Of", "user 1")
                .header("X-On-Behalf-Of", "user 2")
                .header("Cookie", "session=1")
                .body(binary.clone());
            let (question, reached) = scene.passes(request).await;
            assert_eq!((reached.method.as_str(), reached.target.as_str()), (method, target));
            assert_eq!(reached.headers("Host"), ["api.example.com"]);
            assert_eq!(reached.headers("X-On-Behalf-Of"), ["user 1", "user 2"]);
            assert_eq!(reached.headers("Cookie"), ["session=1"]);
            assert!(reached.body == binary, "{method} {target}: the body is another");

            assert_eq!((question.method.as_str(), asked(&question)), ("GET", (installed.kind.asks(), "")), "{target}");
            assert_eq!(originals(&question, installed.kind), [[method], ["api.example.com"], [target]]);
            assert_eq!(question.headers("Authorization"), ["pass"]);
            assert_eq!(question.headers("X-On-Behalf-Of"), ["user 1", "user 2"], "as they came, for Countersign to refuse");
            assert_eq!((question.body.len(), question.headers("Cookie").len()), (0, 0), "{question:?}");
            assert_eq!(question.headers("Transfer-Encoding").len(), 0, "{question:?}");
        }
    }

    async fn the_rule_in_the_question_is_the_gateways(installed) {
        let (countersign, api) = (Recorder::start(stand_in).await, Recorder::start(|_| answer(200, &[], "")).await);
        let rule = "realm=main&scope=read+https%3A%2F%2Fapi.example.com%2Fwrite&dialect=oauth2";
        let gateway = installed.with_rule(rule, countersign.address, api.address).await;
        for authorization in ["pass", "409"] {
            let forged = Request::new("GET", "/core?realm=other&scope=&access_token=x").header("Authorization", authorization);
            gateway.send(&forged).await;
            for question in countersign.reached() {
                assert!(asked(&question).0.starts_with(installed.kind.asks()), "{question:?}");
                assert_eq!(asked(&question).1, rule);
            }
        }
    }

    async fn a_body_in_chunks_reaches_the_api_and_nobody_else(installed) {
        let scene = Scene::of(installed).await;
        let chunked = Request::new("POST", "/core").header("Transfer-Encoding", "chunked").body("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
        let (question, reached) = scene.passes(chunked).await;
        assert_eq!((reached.body.as_slice(), question.body.len()), (b"abcde".as_slice(), 0));
    }

    async fn only_countersign_says_who_calls(installed) {
        let scene = Scene::of(installed).await;
        let mut forged = Request::new("GET", "/core");
        for (name, _) in WHO {
            for name in [name.to_owned(), name.to_lowercase(), name.replace('-', "_"), name.replacen('-', "_", 1)] {
                forged = forged.header(&name, "forged");
            }
            // What a proxy takes for a header of this one connection goes no further.
            forged = forged.header("Connection", name);
        }
        if installed.kind == Kind::Caddy {
            // nginx knows no patterns; its API reads the six and no other.
            forged = forged.header("X-Auth-Other", "forged");
        }
        let (_, reached) = scene.passes(forged).await;
        for (name, value) in WHO {
            let values = reached.headers(name);
            // Without a value nginx sends nothing, Caddy an empty header.
            assert!(values == [value] || value.is_empty() && values.is_empty(), "{name}: {reached:?}");
        }
        assert!(reached.headers.iter().all(|(_, value)| value != "forged"), "{reached:?}");
        assert!(reached.headers.iter().all(|(name, _)| !name.contains('_')), "{reached:?}");
    }

    async fn forged_originals_change_nothing(installed) {
        let scene = Scene::of(installed).await;
        let mut forged = Request::new("POST", "/core/secret").header("Host", "api.example.com");
        for [method, host, uri] in [Kind::Nginx.originals(), Kind::Caddy.originals()] {
            forged = forged.header(method, "GET").header(host, "evil.example").header(uri, "/public");
            forged = forged.header(&uri.to_lowercase(), "/public").header("Connection", uri);
        }
        let (question, _) = scene.passes(forged.header("X-Forwarded-For", "203.0.113.9")).await;
        assert_eq!(originals(&question, installed.kind), [["POST"], ["api.example.com"], ["/core/secret"]]);
        assert_eq!(question.headers("X-Forwarded-For"), ["127.0.0.1"], "the connection's address");
    }

    async fn a_caller_cannot_have_the_api_act_on_another_request(installed) {
        let scene = Scene::of(installed).await;
        let mut request = Request::new("GET", "/public");
        for name in ["X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override"] {
            request = request.header(name, "DELETE");
        }
        for name in ["X-Original-URL", "X-Original-URI", "X-Rewrite-URL", "X-Forwarded-Uri", "X-Forwarded-Prefix"] {
            request = request.header(name, "/other");
        }
        let (_, reached) = scene.passes(request).await;
        let told: Vec<_> = reached.headers.iter().filter(|(_, value)| value == "DELETE" || value == "/other").collect();
        assert!(told.is_empty(), "{told:?}");
    }

    async fn a_refusal_reaches_the_caller_as_it_is(installed) {
        let scene = Scene::of(installed).await;
        for status in [400, 401, 403, 404, 409, 429, 503] {
            for method in ["GET", "POST", "HEAD"] {
                let request = Request::new(method, "/core?a=b").header("Authorization", &status.to_string()).body(SMUGGLED);
                let answer = scene.gateway.send(&request).await;
                let case = format!("{method} {status}: {answer:?}");
                assert_eq!((answer.status, answer.text()), (status, if method == "HEAD" { "" } else { REFUSED }), "{case}");
                assert_eq!(answer.header("Content-Type"), Some("application/json"), "{case}");
                assert_eq!(answer.header("WWW-Authenticate"), Some(CHALLENGE), "{case}");
                assert_eq!(answer.header("X-Trace"), Some("7"), "{case}");
                for question in scene.countersign.reached() {
                    assert_eq!(originals(&question, installed.kind), [[method], ["localhost"], ["/core?a=b"]], "{case}");
                    assert_eq!((question.method.as_str(), question.body.len()), ("GET", 0), "{case}");
                    assert!(question.target.starts_with(installed.kind.asks()), "{case}: {question:?}");
                }
            }
        }
        assert_eq!(scene.api.reached(), [], "nothing refused reaches the API");
    }

    async fn the_apis_own_answers_pass_untouched(installed) {
        for status in [200, 204, 302, 400, 401, 403, 404, 409, 429, 500, 502, 503, 504] {
            let headers = [("WWW-Authenticate", "Api realm=\"own\""), ("Content-Type", "text/x-api"), ("Retry-After", "77")];
            let body = if status == 204 { "" } else { "the API's own words" };
            let scene = Scene::with_api(installed, answer(status, &headers, body)).await;
            let answer = scene.gateway.send(&Request::new("GET", "/core").header("Authorization", "pass")).await;
            assert_eq!((answer.status, answer.text()), (status, body));
            for (name, value) in headers {
                assert_eq!(answer.header(name), Some(value), "{status}");
            }
        }
    }

    async fn without_countersign_nothing_passes(installed) {
        let Scene { gateway, countersign, api } = Scene::of(installed).await;
        assert_eq!(gateway.send(&Request::new("GET", "/core").header("Authorization", "pass")).await.status, 200);
        api.reached_once();
        countersign.stop().await;
        for (method, target) in [("GET", "/core"), ("POST", "/core?a"), ("POST", "/oauth2/token"), ("POST", "/oauth/token")] {
            let answer = gateway.send(&Request::new(method, target).header("Authorization", "pass").body("{}")).await;
            assert_eq!((answer.status, answer.text()), (503, r#"{"error":"temporarily_unavailable"}"#), "{method} {target}");
            assert_eq!(answer.header("Content-Type"), Some("application/json"), "{answer:?}");
            assert_eq!(answer.header("Retry-After"), Some("1"), "{answer:?}");
        }
        assert_eq!(api.reached(), []);
    }

    async fn an_api_that_is_down_is_not_countersigns_fault(installed) {
        let countersign = Recorder::start(stand_in).await;
        let gateway = installed.between(countersign.address, nobody().await).await;
        let answer = gateway.send(&Request::new("GET", "/core").header("Authorization", "pass")).await;
        assert_eq!((answer.status, answer.header("Retry-After")), (502, None), "{answer:?}");
    }

    async fn the_connection_to_countersign_is_kept(installed) {
        let scene = Scene::of(installed).await;
        for _ in 0..50 {
            scene.passes(Request::new("GET", "/core")).await;
        }
        assert_eq!(scene.countersign.connections(), 1);
    }

    async fn countersigns_own_paths_need_no_token_and_nothing_else_goes_there(installed) {
        let scene = Scene::of(installed).await;
        for target in [
            "/oauth2/token",
            "/oauth2/introspect",
            "/oauth/token",
            "/auth/oauth/v2/token?realm=lc",
            "/connect/token",
            "/core/oauth2/token",
            "/api/SignupCard/TestOauth",
            "/jwks.json",
            "/realms/uphold/jwks.json",
            "/realms/main/oauth2/token",
            "/.well-known/openid-configuration",
            "/.well-known/oauth-authorization-server/realms/uphold",
            "/.well-known/oauth-protected-resource",
        ] {
            let request = Request::new("POST", target).header("Host", "api.example.com").body("a=b");
            let answer = scene.gateway.send(&request.header("X-Forwarded-For", "203.0.113.9")).await;
            assert_eq!((answer.status, answer.text()), (200, "of Countersign"), "{target}");
            let reached = scene.countersign.reached_once();
            assert_eq!((reached.method.as_str(), reached.target.as_str(), reached.body.as_slice()), ("POST", target, b"a=b".as_slice()));
            assert_eq!(reached.headers("Host"), ["api.example.com"]);
            assert_eq!(reached.headers("X-Forwarded-For").join(",").rsplit(',').next(), Some("127.0.0.1"), "{target}");
        }
        for target in ["/oauth2/../core", "/oauth2%2f..%2fcore", "/oauth/token/x", "/verify", "/verify?scope=a", "/connect/tokens"] {
            scene.gateway.send(&Request::new("GET", target).header("Authorization", "403")).await;
            for question in scene.countersign.reached() {
                assert!(question.target.starts_with(installed.kind.asks()), "{target}: {question:?}");
                assert_eq!(originals(&question, installed.kind)[2], [target]);
            }
        }
        assert_eq!(scene.api.reached(), []);
    }
}

/// Path and query of a question.
fn asked(question: &Reached) -> (&str, &str) {
    question.target.split_once('?').unwrap_or((&question.target, ""))
}

fn originals(question: &Reached, kind: Kind) -> [Vec<&str>; 3] {
    kind.originals().map(|name| question.headers(name))
}

async fn nobody() -> SocketAddr {
    crate::harness::process::free_address().await
}
