//! Cross River's request: a form with the credentials in it, and every refusal a bare 400.

use serde_json::json;

use super::tools::{client, number, tries};
use super::*;
use crate::harness::server::on_both;

const CREDENTIALS: &str = "grant_type=client_credentials&client_id=acme&client_secret=s3cr3t-crossriver";

on_both! {
    async fn edge_022_json_is_refused(server) {
        let json = json!({ "grant_type": "client_credentials", "client_id": CR_ID, "client_secret": CR_SECRET });
        refused(&server.send(&post(CR).json(&json)).await, CR_INVALID, "JSON");
        refused(&server.send(&post(CR).body(CREDENTIALS)).await, CR_INVALID, "no type");
    }

    async fn edge_023_parameters_of_the_type_are_fine_and_a_blank_in_it_is_not(server) {
        for declared in [
            "application/x-www-form-urlencoded; charset=UTF-8",
            "application/x-www-form-urlencoded;charset=utf-8",
            "Application/X-WWW-Form-Urlencoded",
        ] {
            granted(&server.send(&post(CR).header("Content-Type", declared).body(CREDENTIALS)).await, declared);
        }
        for declared in ["application/x-www-form- urlencoded", "application/x-www-form", "x-www-form-urlencoded"] {
            refused(&server.send(&post(CR).header("Content-Type", declared).body(CREDENTIALS)).await, CR_INVALID, declared);
        }
    }

    async fn edge_024_parameters_do_not_repeat(server) {
        for more in [
            "client_id=acme",
            "client_id=other",
            "client_secret=s3cr3t-crossriver",
            "grant_type=client_credentials",
            "%63lient_id=acme",
        ] {
            refused(&server.send(&raw_form(CR, &format!("{CREDENTIALS}&{more}"))).await, CR_INVALID, more);
        }
        refused(&server.send(&raw_form(CR, &format!("{CREDENTIALS}&scope=scope1&scope=scope2"))).await, CR_INVALID, "scope");
        assert_eq!(number(&server, "SELECT COUNT(*) FROM lockouts").await, 0);
    }

    async fn edge_025_blanks_part_scopes_and_commas_do_not(server) {
        for scope in ["scope1+scope2", "scope1%20scope2", "+scope1++scope2%20"] {
            let body = granted(&server.send(&raw_form(CR, &format!("{CREDENTIALS}&scope={scope}"))).await, scope);
            assert_eq!(body["scope"], "scope1 scope2", "{scope}");
        }
        for scope in ["scope1,scope2", "scope1%2Cscope2", "scope1%0Ascope2", "scope1%09scope2", "scope1%22", "%C3%A9"] {
            refused(&server.send(&raw_form(CR, &format!("{CREDENTIALS}&scope={scope}"))).await, CR_SCOPE, scope);
        }
    }

    async fn edge_026_an_empty_scope_is_none(server) {
        for scope in ["", "&scope", "&scope=", "&scope=+", "&scope=%20%20"] {
            let body = granted(&server.send(&raw_form(CR, &format!("{CREDENTIALS}{scope}"))).await, scope);
            assert_eq!(body["scope"], "scope1 scope2 scope3", "{scope}");
        }
    }

    async fn edge_027_a_form_is_decoded_once(server) {
        client(&server, "crossriver", "encoder", "a&b+c%2Bd", "scope1").await;
        granted(&server.send(&cr_as("encoder", "a&b+c%2Bd", &[])).await, "encoded by the caller");
        let raw = |secret: &str| raw_form(CR, &format!("grant_type=client_credentials&client_id=encoder&client_secret={secret}"));
        granted(&server.send(&raw("a%26b%2Bc%252Bd")).await, "encoded by hand");
        refused(&server.send(&raw("a%26b+c%252Bd")).await, CR_DENIED, "a plus is a blank");
        refused(&server.send(&raw("a%2526b%252Bc%25252Bd")).await, CR_DENIED, "encoded twice");
        granted(&server.send(&raw("a%26b%2Bc%252Bd")).await, "in between");
        refused(&server.send(&raw("a&b+c%2Bd")).await, CR_DENIED, "an ampersand ends the value");
        for broken in ["a%26b%2Bc%252Bd%", "%zz", "%f", "%ff"] {
            refused(&server.send(&raw(broken)).await, CR_INVALID, broken);
        }
    }

    async fn edge_028_basic_beside_the_form_is_a_conflict(server) {
        for secret in [CR_SECRET, "wrong"] {
            let answer = server.send(&cr_as(CR_ID, secret, &[]).basic(CR_ID, secret)).await;
            refused(&answer, CR_INVALID, secret);
            assert_eq!(answer.header("WWW-Authenticate"), None);
        }
        assert_eq!(tries(&server, "crossriver", CR_ID).await.failures, 0);
    }
}
