//! Lists, page by page: each thing once, and nothing that a forged page could show (row 133).

use std::collections::BTreeSet;

use serde_json::json;

use super::{Desk, good, invalid, problem};
use crate::harness::server::on_both;

const LISTS: [&str; 3] = ["/clients", "/users", "/institutions"];

on_both! {
    async fn a_walk_finds_each_thing_once(server) {
        let desk = Desk::of(&server, "crossriver").await;
        let mut expected = BTreeSet::from(["acme".to_owned()]);
        for number in 0..25 {
            // Capitals and hyphens are where collations differ.
            let id = format!("{}-{number}", if number % 2 == 0 { "Client" } else { "client" });
            good(&desk.post("/clients", json!({ "id": id })).await, 201);
            expected.insert(id);
        }
        for (limit, pages) in [(1, 26), (7, 4), (13, 2), (25, 2), (26, 1), (200, 1)] {
            let (mut found, mut query, mut count) = (Vec::new(), format!("limit={limit}"), 0);
            loop {
                let page = good(&desk.get(&format!("/clients?{query}")).await, 200);
                found.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
                count += 1;
                let Some(next) = page["next"].as_str() else { break };
                assert_eq!((page["items"].as_array().unwrap().len(), Some(next)), (limit, found.last().map(String::as_str)));
                query = format!("limit={limit}&after={next}");
            }
            assert_eq!((found.len(), count), (26, pages), "limit {limit}");
            assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
        }
        assert_eq!(good(&desk.get("/clients").await, 200)["items"].as_array().unwrap().len(), 26, "50 unless said otherwise");
    }

    async fn every_list_is_paged(server) {
        let desk = Desk::of(&server, "uphold").await;
        for list in LISTS {
            let all = good(&desk.get(list).await, 200);
            let first = good(&desk.get(&format!("{list}?limit=1")).await, 200);
            assert_eq!(first["items"][0], all["items"][0], "{list}");
            let id = first["items"][0]["id"].as_str().unwrap();
            let rest = good(&desk.get(&format!("{list}?after={id}")).await, 200);
            assert_eq!(rest["items"].as_array().unwrap()[..], all["items"].as_array().unwrap()[1..], "{list}");
            assert!(all["items"].as_array().unwrap().iter().all(|item| item["realm"] == "uphold" && item.get("locked").is_none()), "{list}");
        }
    }

    async fn a_page_is_asked_for_properly(server) {
        let desk = Desk::of(&server, "crossriver").await;
        for list in LISTS {
            for limit in ["0", "201", "1000000000"] {
                invalid(&desk.get(&format!("{list}?limit={limit}")).await, "limit");
            }
            for query in ["limit=-1", "limit=abc", "limit=", "limit=1&limit=2", "limit=4294967296", "offset=3", "realm=uphold", "limit=1.5"] {
                let answer = desk.get(&format!("{list}?{query}")).await;
                problem(&answer, 400, &json!({ "detail": answer.json()["detail"] }));
            }
            for after in ["%00", "a%0Ab", &"a".repeat(257)] {
                invalid(&desk.get(&format!("{list}?after={after}")).await, "after");
            }
        }
    }

    async fn a_forged_page_shows_no_other_realm(server) {
        let desk = Desk::of(&server, "crossriver").await;
        // An id of the realm `uphold`, the one before it, and what could break out of a statement.
        for after in ["3fa85f64-5717-4562-b3fc-2c963f66afa6", "3fa85f64-5717-4562-b3fc-2c963f66afa5", "%27%20OR%201%3D1--", "uphold%2F", "!"] {
            let page = good(&desk.get(&format!("/clients?after={after}")).await, 200);
            assert!(page["items"].as_array().unwrap().iter().all(|item| item["id"] == "acme"), "{page}");
        }
        assert_eq!(good(&desk.get("/clients?after=zzz").await, 200), json!({ "items": [], "next": null }));
    }
}
