//! LendingClub's request: the header `LC-API2`, the realm in the query, and the mistakes that the documentation invites.

use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE};
use countersign::credential::DigestDomain;
use countersign::store::tokens;
use serde_json::json;

use super::tools::{client, number, turned};
use super::*;
use crate::harness::server::{Server, on_both};

/// The value of the header as the documentation prints it.
const SAMPLE: &str = "LC-API2 UDlMOFBKOVFJQUZBS0JOUUc2RTA6REdqMlh1S1dqRmIweTl4N0FCS2tBWHNjdlEyekVpdTdiUE1Hd3IwTGsvM2pvR0lNV2c=";
const LISTED: &str = "LC-API2 QTlCOUFCOVFJQUZBS0JOUUc5RTk6REM5WHVLV2pGYjB5OXg5QUJLa0FYc2N2UTJ6RWl1NmJQTUd3cjBMay8zam9HSU1XaA==";
const CONFLICT: &str = "several credential headers";

fn encoded(text: impl AsRef<[u8]>) -> String {
    format!("LC-API2 {}", BASE64_STANDARD.encode(text))
}

fn json_body(request: Request) -> Request {
    request.json(&json!({ "grant_type": "client_credentials" }))
}

/// To whom the store has given this token.
async fn owner(server: &Server, token: &str) -> String {
    let digest = server.app.credentials.digest(DigestDomain::AccessToken, token.as_bytes());
    let found = tokens::find_by_digest(&mut server.app.db.read().await.unwrap().conn(), &digest).await.unwrap();
    found.unwrap().client.to_string()
}

#[track_caller]
fn denied(answer: &Response, case: &str) {
    refused(answer, LC_DENIED, case);
    assert_eq!(answer.header("WWW-Authenticate"), Some(r#"LC-API2 realm="lc""#), "{case}");
}

on_both! {
    async fn edge_010_the_documented_typo_is_no_json(server) {
        for body in
            [r#"{"grant_type":"client_credentials")"#, r#"{"grant_type": 'client_credentials'}"#, "", "null", "\u{feff}{}"]
        {
            let answer = server
                .send(&post(LC).header("Authorization", SAMPLE).header("Content-Type", "application/json").body(body))
                .await;
            assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_request")), "{body}: {answer:?}");
            tokenless(&answer, body);
        }
    }

    async fn edge_011_header_names_and_schemes_have_no_case(server) {
        let value = SAMPLE.strip_prefix("LC-API2 ").unwrap();
        for name in ["authorization", "AUTHORIZATION", "Authorization", "aUTHENTICATION"] {
            granted(&server.send(&json_body(post(LC).header(name, SAMPLE))).await, name);
        }
        for scheme in ["lc-api2 ", "Lc-Api2 ", "LC-API2   ", "LC-API2 \t"] {
            granted(&server.send(&lc_with(&format!("{scheme}{value}"))).await, scheme);
        }
        // A line break between the two (C5) is a folded header, which is malformed (RFC 9112, section 5.2).
        let folded = server.send(&lc_with(&format!("LC-API2\r\n {value}"))).await;
        assert_eq!((folded.status, folded.body.is_empty()), (400, true), "{folded:?}");
    }

    async fn edge_012_authentication_is_authorization(server) {
        let both =
            |first: &str, second: &str| json_body(post(LC).header("Authorization", first).header("Authentication", second));
        granted(&server.send(&json_body(post(LC).header("Authentication", SAMPLE))).await, "alone");
        granted(&server.send(&both(SAMPLE, SAMPLE)).await, "equal");
        invalid(&server.send(&both(SAMPLE, LISTED)).await, CONFLICT, "different");
        invalid(&server.send(&both(LISTED, "Bearer x")).await, CONFLICT, "of different schemes");
        let twice = json_body(post(LC).header("Authorization", SAMPLE).header("Authorization", SAMPLE));
        invalid(&server.send(&twice).await, CONFLICT, "one of them twice");
        assert_eq!(number(&server, "SELECT COUNT(*) FROM lockouts").await, 0);
    }

    async fn edge_013_basic_is_not_offered(server) {
        let answer = server.send(&json_body(post(LC)).basic(LC_ID, LC_SECRET)).await;
        denied(&answer, "Basic");
        denied(&server.send(&lc_with("Bearer eyJ")).await, "Bearer");
        denied(&server.send(&json_body(post(LC))).await, "nothing");
        assert_eq!(number(&server, "SELECT COUNT(*) FROM lockouts").await, 0, "nobody was named");
    }

    async fn edge_014_the_scheme_ends_at_a_blank(server) {
        denied(&server.send(&lc_with(&SAMPLE.replacen(' ', "", 1))).await, "no blank");
        denied(&server.send(&lc_with("LC-API2")).await, "nothing behind it");
        denied(&server.send(&lc_with(&SAMPLE.replacen(' ', ":", 1))).await, "a colon");
    }

    async fn edge_015_padding_may_miss_and_the_alphabet_is_the_standard_one(server) {
        client(&server, "lc", "ALPHABET", "~~~???>>>", "oob").await;
        let pair = "ALPHABET:~~~???>>>";
        let standard = BASE64_STANDARD.encode(pair);
        assert!(standard.contains(['+', '/']), "{standard}");
        granted(&server.send(&lc_with(&format!("LC-API2 {standard}"))).await, "the standard alphabet");
        denied(&server.send(&lc_with(&format!("LC-API2 {}", URL_SAFE.encode(pair)))).await, "the URL-safe alphabet");
        granted(&server.send(&lc_with(SAMPLE.trim_end_matches('='))).await, "no padding");
        let unpadded = format!(
            "LC-API2 {}",
            STANDARD_NO_PAD.encode("A9B9AB9QIAFAKBNQG9E9:DC9XuKWjFb0y9x9ABKkAXscvQ2zEiu6bPMGwr0Lk/3joGIMWh")
        );
        granted(&server.send(&lc_with(&unpadded)).await, "no padding where two belong");
        for inside in ["UDlM OFBK", "UDlM\tOFBK"] {
            denied(&server.send(&lc_with(&SAMPLE.replacen("UDlMOFBK", inside, 1))).await, inside);
        }
        denied(&server.send(&lc_with(&format!("{SAMPLE}="))).await, "too much padding");
    }

    async fn edge_016_the_first_colon_parts_and_nothing_is_decoded_twice(server) {
        client(&server, "lc", "COLONS", "a:b/c+d=e%2Bf:g", "oob").await;
        granted(&server.send(&lc_as("COLONS", "a:b/c+d=e%2Bf:g")).await, "as it stands");
        for other in ["a:b/c+d=e+f:g", "a:b/c d=e+f:g", "a:b/c d=e%2Bf:g", "b/c+d=e%2Bf:g"] {
            denied(&server.send(&lc_as("COLONS", other)).await, other);
        }
        denied(&server.send(&lc_as("COLONS:a", "b/c+d=e%2Bf:g:h")).await, "split elsewhere");
        // C4: quotes around the halves are part of them.
        denied(&server.send(&lc_with(&encoded(format!("'{LC_ID}':'{LC_SECRET}'")))).await, "quotes");
    }

    async fn edge_017_without_a_colon_nobody_is_identified(server) {
        for text in [LC_ID, "", "no colon at all"] {
            denied(&server.send(&lc_with(&encoded(text))).await, text);
        }
        denied(&server.send(&lc_with(&encoded(format!(":{LC_SECRET}")))).await, "no id");
        assert_eq!(number(&server, "SELECT COUNT(*) FROM lockouts").await, 0);
    }

    async fn edge_018_bytes_that_are_not_utf8_are_refused(server) {
        let mut bytes = format!("{LC_ID}:{LC_SECRET}").into_bytes();
        bytes.push(0xff);
        denied(&server.send(&lc_with(&encoded(&bytes))).await, "a stray byte");
        denied(&server.send(&lc_with(&encoded(b"\xc3\x28:\xa0\xa1"))).await, "nothing but");
        denied(&server.send(&lc_with(&encoded(format!("{LC_ID}:{LC_SECRET}\0")))).await, "NUL");
        assert_eq!(number(&server, "SELECT COUNT(*) FROM lockouts").await, 0);
    }

    async fn edge_019_each_sample_names_its_own_client(server) {
        let sample = token_of(&server.send(&lc_with(SAMPLE)).await, "the sample");
        let listed = token_of(&server.send(&lc_with(LISTED)).await, "the listed pair");
        assert_eq!(owner(&server, &sample).await, "P9L8PJ9QIAFAKBNQG6E0");
        assert_eq!(owner(&server, &listed).await, "A9B9AB9QIAFAKBNQG9E9");
        denied(&server.send(&lc_as("A9B9AB9QIAFAKBNQG9E9", LC_SECRET)).await, "the other's secret");
        denied(&server.send(&lc_as("p9l8pj9qiafakbnqg6e0", LC_SECRET)).await, "the id in another case");
    }

    async fn edge_020_the_realm_is_named_once_and_exactly(server) {
        let with_query = |query: &str| json_body(post(&format!("/auth/oauth/v2/token{query}")).header("Authorization", SAMPLE));
        for query in ["", "?", "?realm=lc", "?other=1&realm=lc", "?realm=%6Cc"] {
            granted(&server.send(&with_query(query)).await, query);
        }
        for query in ["?realm=LC", "?realm=nowhere", "?realm=lc%20"] {
            let answer = server.send(&with_query(query)).await;
            assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_request")), "{query}: {answer:?}");
            tokenless(&answer, query);
        }
        for query in ["?realm=lc&realm=lc", "?realm=lc&realm=LC", "?realm=&realm=lc"] {
            invalid(&server.send(&with_query(query)).await, "the realm is named more than once", query);
        }
        let elsewhere = server.send(&with_query("?realm=crossriver")).await;
        refused(&elsewhere, LC_DENIED, "another realm has no such client");
        assert_eq!(elsewhere.header("WWW-Authenticate"), Some(r#"LC-API2 realm="crossriver""#));
    }

    async fn edge_021_a_form_is_taken(server) {
        let form = |body: &str| raw_form(LC, body).header("Authorization", SAMPLE);
        granted(&server.send(&form("grant_type=client_credentials")).await, "a form");
        invalid(
            &server.send(&form("grant_type=client_credentials&grant_type=x")).await,
            "the parameter `grant_type` is repeated",
            "repeated",
        );
    }

    async fn edge_021_a_form_is_refused_where_the_dialect_leaves_it_out(server, turned) {
        let answer = server.send(&raw_form(LC, "grant_type=client_credentials").header("Authorization", SAMPLE)).await;
        invalid(&answer, "the Content-Type must be application/json", "a form");
        granted(&server.send(&lc_with(SAMPLE)).await, "JSON");
    }
}
