//! Several live secrets, rotation, slow hashes and the memory of verified ones, imported hashes.

use std::time::Duration;

use countersign::admin::service::{Last, LiveTokens, SecretSource};
use countersign::audit::Actor;
use countersign::credential::StoredAs;
use countersign::model::Verifier;
use countersign::secret::Secret;

use super::{ask, demo, main, request};
use crate::harness::server::{Server, on_both};

async fn status(server: &Server, secret: &str) -> u16 {
    server.send(&request("demo", secret, &[])).await.status
}

/// A new generated secret; what becomes of the others is said by `overlap`.
async fn rotate(server: &Server, overlap: Option<Duration>) -> String {
    let added = server.ops().add_secret(&Actor::Shell, &main(), &demo(), SecretSource::Generated, overlap).await.unwrap();
    server.refresh().await;
    added.secret.unwrap().expose().clone()
}

fn slow_runs(server: &Server) -> u64 {
    server.app.credentials.pool().runs()
}

on_both! {
    async fn several_secrets_live_side_by_side(server) {
        let second = rotate(&server, None).await;
        assert_eq!((status(&server, "demo-secret").await, status(&server, &second).await), (200, 200));
    }

    async fn an_overlap_ends_the_old_secret_when_it_is_over(server) {
        let fresh = rotate(&server, Some(Duration::from_secs(3600))).await;
        server.clock.advance(Duration::from_secs(3599));
        assert_eq!((status(&server, "demo-secret").await, status(&server, &fresh).await), (200, 200));
        server.clock.advance(Duration::from_secs(1));
        assert_eq!((status(&server, "demo-secret").await, status(&server, &fresh).await), (401, 200));
    }

    async fn without_overlap_the_old_secret_ends_at_once(server) {
        assert_eq!(status(&server, "demo-secret").await, 200);
        let fresh = rotate(&server, Some(Duration::ZERO)).await;
        assert_eq!((status(&server, "demo-secret").await, status(&server, &fresh).await), (401, 200), "although it was remembered");
    }

    async fn the_last_live_secret_is_not_revoked_by_mistake(server) {
        let ops = server.ops();
        let only = ops.secrets(&main(), &demo()).await.unwrap().remove(0).id;
        assert!(ops.revoke_secret(&Actor::Shell, &main(), (&demo(), &only), Last::Keep, LiveTokens::Keep).await.is_err());
        ops.revoke_secret(&Actor::Shell, &main(), (&demo(), &only), Last::RevokeToo, LiveTokens::Keep).await.unwrap();
        assert_eq!(status(&server, "demo-secret").await, 401);
    }

    async fn only_so_many_are_live_at_once(server) {
        for _ in 0..4 {
            rotate(&server, None).await;
        }
        let sixth = server.ops().add_secret(&Actor::Shell, &main(), &demo(), SecretSource::Generated, None).await;
        assert!(sixth.is_err(), "secrets.max_live is 5");
        assert_eq!(status(&server, "demo-secret").await, 200, "nothing happened");
    }

    async fn a_generated_secret_costs_no_slow_hash(server) {
        let generated = rotate(&server, None).await;
        let before = slow_runs(&server);
        for _ in 0..5 {
            assert_eq!(status(&server, &generated).await, 200);
        }
        let (mut wrong, last) = (generated.clone(), generated.len() - 1);
        wrong.replace_range(last.., if generated.ends_with('A') { "B" } else { "A" });
        assert_eq!(slow_runs(&server), before);
        assert_eq!(status(&server, &wrong).await, 401);
    }

    async fn a_chosen_secret_costs_one_slow_hash_and_is_then_remembered(server) {
        let before = slow_runs(&server);
        for _ in 0..5 {
            assert_eq!(ask(&server, &[]).await.status, 200);
        }
        assert_eq!(slow_runs(&server) - before, 1);
        assert_eq!(status(&server, "demo-secreT").await, 401);
        assert_eq!(slow_runs(&server) - before, 2, "a wrong one is hashed");
    }

    async fn where_auditors_ask_generated_secrets_are_slow_hashes_too(server, |config| config.secrets.hash = StoredAs::Argon2id) {
        let generated = rotate(&server, None).await;
        let stored = server.ops().secrets(&main(), &demo()).await.unwrap();
        assert!(stored.iter().all(|secret| matches!(secret.verifier, Verifier::Hash(_))));
        let before = slow_runs(&server);
        for _ in 0..3 {
            assert_eq!(status(&server, &generated).await, 200);
        }
        assert_eq!(slow_runs(&server) - before, 1);
    }

    async fn an_imported_hash_verifies_and_is_hashed_again_on_success(server) {
        // "imported-secret", by Python's hashlib.pbkdf2_hmac("sha256", …, b"0123456789abcdef", 1000).
        let foreign = "$pbkdf2-sha256$i=1000$MDEyMzQ1Njc4OWFiY2RlZg$vICBSWfgYpyv83uKSfj7Cr7RSqdi1gu+bKF8uABox+8";
        let ops = server.ops();
        let added = ops.add_secret(&Actor::Shell, &main(), &demo(), SecretSource::Imported(Secret::new(foreign.into())), None).await.unwrap();
        assert_eq!((status(&server, "wrong").await, status(&server, "imported-secret").await), (401, 200));
        let stored = ops.secrets(&main(), &demo()).await.unwrap();
        let imported = stored.iter().find(|secret| secret.id == added.stored.id).unwrap();
        assert!(matches!(&imported.verifier, Verifier::Hash(hash) if hash.starts_with("$argon2id$")), "it is ours now");
        assert_eq!(status(&server, "imported-secret").await, 200);
    }
}
