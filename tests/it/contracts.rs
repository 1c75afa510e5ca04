//! The transcripts of the four partner contracts, and of RFC 6749, as they stand on the wire.

use crate::harness::http::Request;
use crate::harness::server::on_both;

on_both! {
    async fn oauth2_answers_a_form(server) {
        let request = Request::new("POST", "/oauth2/token").basic("demo", "demo-secret").form(&[("grant_type", "client_credentials")]);
        let answer = server.send(&request).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json()["token_type"], "Bearer");
        assert_eq!(answer.json()["scope"], "read write");
    }
}
