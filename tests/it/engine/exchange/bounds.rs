//! By whom a token may be exchanged, for which scopes and targets, and for how long.

use std::time::Duration;

use countersign::admin::Span;
use countersign::admin::service::{ClientChange, InstitutionChange};
use countersign::audit::Actor;
use serde_json::{Value, json};

use super::{SUBJECT, bank, invalid};
use crate::engine::{claims, refused};
use crate::harness::exchange::{API, LEDGER, VAULT, change, main, own_token, scopes, services, swap, swapped};
use crate::harness::http::Response;
use crate::harness::server::on_both;

on_both! {
    async fn only_who_the_token_is_meant_for_may_exchange_it(server) {
        services(&server).await;
        let own = own_token(&server, "demo", "read").await;
        invalid(&server.send(&swap("books", &own, &[])).await, SUBJECT);
        let passed = swapped(&server, "gateway", &own, &[]).await;
        invalid(&server.send(&swap("books", &passed, &[])).await, SUBJECT);
        assert_eq!(server.send(&swap("books", &own_token(&server, "demo", "ledger.read").await, &[])).await.status, 200);
    }

    async fn who_may_act_is_the_tokens_word(server) {
        services(&server).await;
        let named = json!({ "may_act": { "sub": "gateway" } }).as_object().cloned();
        let claims = InstitutionChange { claims: named, ..InstitutionChange::default() };
        server.ops().update_institution(&Actor::Shell, &main(), &bank(), claims).await.unwrap();
        let own = own_token(&server, "demo", "").await;
        assert_eq!(server.send(&swap("gateway", &own, &[])).await.status, 200);
        invalid(&server.send(&swap("books", &own, &[])).await, "The client is not the one that may act for the subject");
    }

    async fn scopes_stay_within_every_bound(server) {
        services(&server).await;
        let granted = async |own: &str, more: &[(&str, &str)]| server.send(&swap("gateway", own, more)).await.json()["scope"].clone();
        let own = own_token(&server, "demo", "").await;
        assert_eq!(granted(&own, &[]).await, "read ledger.read", "all that both hold, and not the right to act for users");
        assert_eq!(granted(&own, &[("scope", "ledger.read")]).await, "ledger.read");
        assert_eq!(granted(&own, &[("scope", "read act-on-behalf-of")]).await, "read act-on-behalf-of", "by its name");
        for wider in ["write", "ledger.write", "open", "read write", "countersign.admin"] {
            refused(&server.send(&swap("gateway", &own, &[("scope", wider)])).await, 400, "invalid_scope");
        }
        let narrow = own_token(&server, "demo", "read").await;
        refused(&server.send(&swap("gateway", &narrow, &[("scope", "ledger.read")])).await, 400, "invalid_scope");
        change(&server, "demo", ClientChange { scopes: Some(scopes("read")), ..ClientChange::default() }).await;
        assert_eq!(granted(&own, &[]).await, "read", "what the partner holds no longer is not passed on");
        let of_bank = InstitutionChange { scopes: Some(Some(scopes("ledger.read"))), ..InstitutionChange::default() };
        server.ops().update_institution(&Actor::Shell, &main(), &bank(), of_bank).await.unwrap();
        server.refresh().await;
        refused(&server.send(&swap("gateway", &own, &[("scope", "read")])).await, 400, "invalid_scope");
    }

    async fn a_target_is_one_that_the_caller_and_the_token_reach(server) {
        services(&server).await;
        let (all, narrow) = (own_token(&server, "demo", "").await, own_token(&server, "demo", "read").await);
        for (own, target) in [(&all, VAULT), (&all, "https://nowhere.example"), (&narrow, LEDGER)] {
            refused(&server.send(&swap("gateway", own, &[("resource", target)])).await, 400, "invalid_target");
        }
        let both = [("resource", API), ("audience", LEDGER)];
        assert_eq!(claims(&server.send(&swap("gateway", &all, &both)).await)["aud"], json!([LEDGER, API]));
        refused(&server.send(&swap("gateway", &narrow, &both)).await, 400, "invalid_target");
        assert_eq!(claims(&server.send(&swap("gateway", &all, &[("scope", "read")])).await)["aud"], API, "that of the scopes");
    }

    async fn no_life_is_longer_than_what_is_left(server) {
        services(&server).await;
        let own = own_token(&server, "demo", "").await;
        let life = async || server.send(&swap("gateway", &own, &[])).await.json()["expires_in"].clone();
        assert_eq!(life().await, 3600);
        let own_ttl = ClientChange { token_ttl: Some(Some(Span(Duration::from_secs(600)))), ..ClientChange::default() };
        change(&server, "gateway", own_ttl).await;
        assert_eq!(life().await, 600);
        server.clock.advance(Duration::from_millis(3_598_500));
        let short = server.send(&swap("gateway", &own, &[])).await;
        assert_eq!(short.json()["expires_in"], 1, "rounded down");
        assert!(claims(&short)["exp"].as_i64() < claims_of(&own)["exp"].as_i64());
        server.clock.advance(Duration::from_millis(501));
        invalid(&server.send(&swap("gateway", &own, &[])).await, "The subject token is about to expire");
        server.clock.advance(Duration::from_millis(999));
        invalid(&server.send(&swap("gateway", &own, &[])).await, SUBJECT);
    }

    async fn networks_and_quota_are_those_of_the_service(server) {
        services(&server).await;
        let own = own_token(&server, "demo", "").await;
        let bound = InstitutionChange { networks: Some(vec!["203.0.113.0/24".parse().unwrap()]), ..InstitutionChange::default() };
        server.ops().update_institution(&Actor::Shell, &main(), &bank(), bound).await.unwrap();
        server.refresh().await;
        assert_eq!(server.send(&swap("gateway", &own, &[])).await.status, 200, "the partner's network is not where the service is");
        let member = ClientChange { institution: Some(Some(bank())), ..ClientChange::default() };
        change(&server, "gateway", member).await;
        refused(&server.send(&swap("gateway", &own, &[])).await, 401, "invalid_client");
        assert_eq!(server.send(&swap("gateway", &own, &[]).header("X-Forwarded-For", "203.0.113.7")).await.status, 200);
    }

    async fn nothing_grows_whoever_holds_what(server) {
        const ALL: [&str; 4] = ["read", "write", "ledger.read", "ledger.write"];
        services(&server).await;
        for (audience, scopes) in [(API, &ALL[..2]), (LEDGER, &ALL[2..])] {
            let api = json!({ "audience": audience, "scopes": scopes, "owners": ["gateway"] });
            server.ops().put_api(&Actor::Shell, &main(), &serde_json::from_value(api).unwrap()).await.unwrap();
            server.refresh().await;
        }
        let mut seed = 8693_u32;
        let mut draw = |of: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 16) % of
        };
        let of_mask = |mask: u32| scopes(&ALL.iter().enumerate().filter(|(bit, _)| mask & (1 << bit) != 0).map(|(_, scope)| *scope).collect::<Vec<_>>().join(" "));
        let (mut granted, mut denied) = (0, 0);
        for round in 0..40 {
            let [partner, service, institution] = [(); 3].map(|()| of_mask((draw(15) + 1) | (draw(15) + 1)));
            let asked = of_mask(if draw(2) == 0 { 0 } else { draw(15) + 1 });
            change(&server, "demo", ClientChange { scopes: Some(partner.clone()), ..ClientChange::default() }).await;
            change(&server, "gateway", ClientChange { scopes: Some(service.clone()), ..ClientChange::default() }).await;
            let own = own_token(&server, "demo", "").await;
            let of_bank = InstitutionChange { scopes: Some(Some(institution.clone())), ..InstitutionChange::default() };
            server.ops().update_institution(&Actor::Shell, &main(), &bank(), of_bank).await.unwrap();
            server.refresh().await;
            server.clock.advance(Duration::from_millis(u64::from(draw(3_000_000))));
            let target = [None, Some((API, of_mask(3))), Some((LEDGER, of_mask(12)))][usize::try_from(draw(3)).unwrap()].clone();
            let asked_text = asked.to_string();
            let named = target.as_ref().map(|(target, _)| ("resource", *target));
            let more: Vec<_> = [("scope", asked_text.as_str())].into_iter().chain(named).collect();
            let answer = server.send(&swap("gateway", &own, &more)).await;
            if answer.status != 200 {
                denied += 1;
                assert!(["invalid_scope", "invalid_target", "invalid_request"].contains(&answer.json()["error"].as_str().unwrap()), "{answer:?}");
                continue;
            }
            granted += 1;
            let (new, old) = (claims(&answer), claims_of(&own));
            let carried = scopes(new["scope"].as_str().unwrap_or_default());
            let reached = target.map(|(_, scopes)| scopes);
            for bound in [Some(&partner), Some(&service), Some(&institution), reached.as_ref(), Some(&asked).filter(|asked| !asked.is_empty())].into_iter().flatten() {
                assert!(carried.iter().all(|scope| bound.contains(scope)), "round {round}: {carried} is not within {bound}");
            }
            assert!(new["exp"].as_i64() <= old["exp"].as_i64() && new["iat"].as_i64() >= old["iat"].as_i64(), "round {round}");
        }
        assert!(granted >= 8 && denied >= 8, "{granted} were granted, {denied} denied: both happen");
    }
}

fn claims_of(token: &str) -> Value {
    let body = json!({ "access_token": token }).to_string().into_bytes();
    claims(&Response { status: 200, headers: Vec::new(), body })
}
