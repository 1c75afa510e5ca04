//! Whatever arrives: no panic, no unreadable answer, no header that a caller wrote.

use proptest::prelude::*;

use super::*;

/// Texts that are made of what the parsers have rules for.
fn tricky() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::sample::select(vec![
        &b"{"[..],
        b"}",
        b"[",
        b"]",
        b"\"",
        b"\\",
        b"\\u0000",
        b":",
        b",",
        b"=",
        b"&",
        b"%",
        b"%4",
        b"%2B",
        b"%ff",
        b"+",
        b" ",
        b"\xff",
        b"grant_type",
        b"client_credentials",
        b"client_id",
        b"client_secret",
        b"email",
        b"password",
        b"scope",
        b"realm",
        b"null",
        b"1",
    ]);
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat()),
    ]
}

fn header_value() -> impl Strategy<Value = HeaderValue> {
    let scheme = prop::sample::select(vec!["", "Basic ", "LC-API2 ", "Bearer ", "basic\t "]);
    (scheme, tricky(), any::<bool>()).prop_map(|(scheme, bytes, encode)| {
        let credentials =
            if encode { base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &bytes).into_bytes() } else { bytes };
        HeaderValue::from_bytes(&[scheme.as_bytes(), &credentials].concat()).unwrap_or(HeaderValue::from_static(""))
    })
}

proptest! {
    #[test]
    fn no_request_breaks_a_dialect(
        body in tricky(),
        query in tricky(),
        json in any::<bool>(),
        authorization in proptest::option::of(header_value()),
        accept in proptest::option::of(header_value()),
    ) {
        let mut call = Call::new("/realms/x/oauth2/token").query(&String::from_utf8_lossy(&query)).body(&body);
        let media_type = if json { "application/json" } else { "application/x-www-form-urlencoded" };
        call.headers.insert("content-type", HeaderValue::from_static(media_type));
        call.headers.extend(authorization.map(|value| (http::header::AUTHORIZATION, value)));
        call.headers.extend(accept.map(|value| (http::header::ACCEPT, value)));
        for dialect in BUILT_IN.iter() {
            if let Err(error) = call.parse(dialect) {
                let response = call.answer(dialect, Err(&error));
                serde_json::from_slice::<serde_json::Value>(response.body()).unwrap();
            }
        }
    }

    #[test]
    fn every_answer_is_json_whatever_the_values(values in prop::collection::vec(".*", 6), expires_in in any::<i64>(), kind in prop::sample::select(ErrorKind::ALL)) {
        let mut issued = issued_to_user("main", &values[0]);
        issued.grant = GrantKind::ClientCredentials;
        issued.expires_in = expires_in;
        std::sync::Arc::make_mut(&mut issued.facts.client).id = ClientId::new(values[1].as_str());
        std::sync::Arc::make_mut(issued.facts.institution.as_mut().unwrap()).id = InstitutionId::new(values[2].as_str());
        let error = OAuthError { mfa_token: Some(Secret::new(values[3].clone())), ..error(kind).hint(values[4].clone()) };
        for dialect in BUILT_IN.iter() {
            let call = Call { host_realm: Some("main"), ..Call::new("/x") };
            let answer = dialect.answering(&call.inbound(), &values[5]);
            let success: serde_json::Value = serde_json::from_slice(dialect.render(&answer, Ok(&issued)).body()).unwrap();
            prop_assert_eq!(&success["access_token"], &values[0]);
            let refused = dialect.render(&answer, Err(&error));
            prop_assert!(refused.body().is_empty() || serde_json::from_slice::<serde_json::Value>(refused.body()).is_ok());
        }
    }
}
