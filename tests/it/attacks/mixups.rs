//! Row 70: one kind of thing presented as another. Each artefact works in its own place and in no other.

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use countersign::admin::service::SecretSource;
use countersign::audit::Actor;
use countersign::credential::totp::decode_base32;
use countersign::model::{Algorithm, RateLimit};
use serde_json::json;

use super::{
    BAD, LOANSTREET_BAD, account, admin_token, assert_bare, assert_refused, basic_token, bearer, client, contract, from, granted,
    no_locks, part, realm, test_oauth,
};
use crate::harness::clock::BEGINNING;
use crate::harness::http::{Request, Response};
use crate::harness::server::{Server, on_both};

const MFA: &str = "mfa@bank.example";
const PASSWORD: &str = "correct horse battery staple";

/// The one-time password of `mfa@bank.example` at this moment (RFC 6238).
pub fn otp() -> String {
    let seed = decode_base32("JBSWY3DPEHPK3PXP").unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, seed.expose());
    let mac = hmac::sign(&key, &(BEGINNING.seconds() / 30).to_be_bytes());
    let mac = mac.as_ref();
    let offset = usize::from(mac[19] & 15);
    let number = u32::from_be_bytes(mac[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

pub fn with_otp(otp: &str) -> Request {
    Request::new("POST", "/oauth/token").json(&json!({ "email": MFA, "password": PASSWORD, "otp": otp }))
}

fn second_step(mfa_token: &str, otp: &str) -> Request {
    Request::new("POST", "/oauth/token").json(&json!({ "mfa_token": mfa_token, "otp": otp }))
}

async fn mfa_token(server: &Server) -> String {
    let answer = server.send(&from("198.51.100.1", account(MFA, PASSWORD))).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    answer.json()["mfa_token"].as_str().unwrap().to_owned()
}

/// One of everything that the server hands out or keeps.
async fn artefacts(server: &Server) -> Vec<(&'static str, String)> {
    let added =
        server.ops().add_secret(&Actor::Shell, &realm("main"), &client("demo"), SecretSource::Generated, None).await.unwrap();
    vec![
        ("chosen secret", "demo-secret".to_owned()),
        ("generated secret", added.secret.unwrap().expose().clone()),
        ("id of a secret", added.stored.id.to_string()),
        ("JWT of main", granted(&server.send(&basic_token("demo", "demo-secret")).await)),
        ("JWT of crossriver", granted(&server.send(&contract("crossriver").good()).await)),
        ("UUID token", granted(&server.send(&contract("lendingclub").good()).await)),
        ("mfa_token", mfa_token(server).await),
        ("one-time password", otp()),
        ("administrator's token", admin_token(server).await),
        ("kid", "main-RS256".to_owned()),
        ("client id", "demo".to_owned()),
    ]
}

/// A place where something is presented, what its refusal looks like, and what belongs there.
struct Place {
    name: &'static str,
    present: fn(&str) -> Request,
    refusal: (u16, &'static str),
    right: &'static [&'static str],
    operations: bool,
}

const INVALID: (u16, &str) = (
    401,
    r#"{"type":"about:blank","title":"Unauthorized","status":401,"detail":"Send a token of an administrator: Authorization: Bearer"}"#,
);

const PLACES: &[Place] = &[
    Place {
        name: "client_secret at oauth2",
        present: |it| basic_token("demo", it),
        refusal: (401, BAD),
        right: &["chosen secret", "generated secret"],
        operations: false,
    },
    Place {
        name: "client_secret at crossriver",
        present: |it| contract("crossriver").ask("acme", Some(it)),
        refusal: (400, r#"{"error":"invalid_client"}"#),
        right: &[],
        operations: false,
    },
    Place {
        name: "client_secret at lendingclub",
        present: |it| contract("lendingclub").ask("P9L8PJ9QIAFAKBNQG6E0", Some(it)),
        refusal: (401, r#"{"error":"invalid_client","error_description":"The given client credentials were not valid"}"#),
        right: &[],
        operations: false,
    },
    Place {
        name: "client_id",
        present: |it| basic_token(it, "wrong-secret"),
        refusal: (401, BAD),
        right: &[],
        operations: false,
    },
    Place {
        name: "password",
        present: |it| account("jane@bank.example", it),
        refusal: (401, LOANSTREET_BAD),
        right: &[],
        operations: false,
    },
    Place { name: "otp", present: with_otp, refusal: (401, LOANSTREET_BAD), right: &["one-time password"], operations: false },
    Place {
        name: "mfa_token",
        present: |it| second_step(it, &otp()),
        refusal: (401, LOANSTREET_BAD),
        right: &["mfa_token"],
        operations: false,
    },
    Place {
        name: "bearer at TestOauth",
        present: test_oauth,
        refusal: (401, ""),
        right: &["JWT of crossriver"],
        operations: false,
    },
    Place {
        name: "bearer at the admin API",
        present: |it| bearer(it, admin_clients()),
        refusal: INVALID,
        right: &["administrator's token"],
        operations: true,
    },
];

fn admin_clients() -> Request {
    Request::new("GET", "/admin/v1/realms/crossriver/clients")
}

async fn present(server: &Server, place: &Place, artefact: &str, turn: usize) -> Response {
    let request = from(&format!("203.0.113.{turn}"), (place.present)(artefact));
    if place.operations { server.operate(&request).await } else { server.send(&request).await }
}

on_both! {
    async fn atk_070_each_thing_works_in_its_own_place_only(server, |config| {
        config.guard.failed_tries = RateLimit { count: 10_000, per: Duration::from_secs(60) };
    }) {
        no_locks(&server).await;
        let artefacts = artefacts(&server).await;
        for place in PLACES {
            for (turn, (name, artefact)) in artefacts.iter().enumerate().filter(|(_, (name, _))| !place.right.contains(name)) {
                let answer = present(&server, place, artefact, turn).await;
                let what = format!("{name} as {}", place.name);
                // A good token without the right is told apart from no token.
                if place.operations && name.starts_with("JWT") {
                    assert_eq!(answer.status, 403, "{what}");
                    assert_bare(&answer, &what);
                } else {
                    assert_refused_here(&answer, place, &what);
                }
            }
        }
        // Last, since a one-time password is used up: everything works where it belongs.
        for place in PLACES.iter().filter(|place| place.name != "otp") {
            for (turn, (name, artefact)) in artefacts.iter().enumerate().filter(|(_, (name, _))| place.right.contains(name)) {
                let answer = present(&server, place, artefact, turn).await;
                assert_eq!(answer.status, 200, "{name} as {}: {answer:?}", place.name);
            }
        }
    }

    async fn atk_070_a_jwt_of_another_type_is_no_access_token(server) {
        let good = granted(&server.send(&contract("crossriver").good()).await);
        assert_eq!(server.send(&test_oauth(&good)).await.status, 200);
        let river = server.app.realms.get("crossriver").unwrap();
        let signer = river.ring.signer(Algorithm::Rs256).unwrap();
        let claims = BASE64_URL_SAFE_NO_PAD.encode(part(&good, 1).to_string());
        for (typ, status) in [("JWT", 200), ("at+jwt", 200), ("logout+jwt", 401), ("id+jwt", 401), ("dpop+jwt", 401), ("oauth-authz-req+jwt", 401), ("secevent+jwt", 401), ("", 401)] {
            let input = format!("{}.{claims}", signer.encoded_header(typ));
            let mut signature = Vec::new();
            signer.sign(input.as_bytes(), &mut signature).unwrap();
            let answer = server.send(&test_oauth(&format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))).await;
            assert_eq!((answer.status, answer.body.len()), (status, 0), "typ {typ:?}");
        }
    }

    async fn atk_070_a_second_step_belongs_to_its_account_and_time(server) {
        let handle = mfa_token(&server).await;
        let wrong = second_step(&handle, "000000");
        let right = second_step(&handle, &otp());
        assert_refused(&server.send(&wrong).await, (401, LOANSTREET_BAD), "a wrong code");
        server.clock.advance(Duration::from_secs(301));
        assert_refused(&server.send(&right).await, (401, LOANSTREET_BAD), "five minutes later");
        server.clock.step_back(Duration::from_secs(301));
        let answer = server.send(&right).await;
        assert_eq!((answer.status, answer.text().matches('.').count()), (200, 2), "{answer:?}");
        assert_refused(&server.send(&right).await, (401, LOANSTREET_BAD), "used up");
    }
}

#[track_caller]
fn assert_refused_here(answer: &Response, place: &Place, what: &str) {
    if place.name == "bearer at TestOauth" {
        // Told by the header alone, as the contract has it.
        assert_eq!((answer.status, answer.text()), place.refusal, "{what}");
        assert_eq!(answer.header("WWW-Authenticate"), Some(r#"Bearer error="invalid_token""#), "{what}");
    } else {
        assert_refused(answer, place.refusal, what);
    }
}
