use std::time::Duration;

use super::*;
use crate::keys::lifecycle::Wait;
use crate::model::{Algorithm, KeyId, KeyState};
use crate::realms::sealing_context;

impl House {
    async fn prepare(&self, kid: &str) -> KeyState {
        let new = NewKey { kid: Some(KeyId::new(kid)), ..NewKey::generated(Algorithm::EdDsa) };
        self.ops.prepare_key(&actor(), &lc(), new).await.unwrap().state
    }

    async fn states(&self) -> Vec<KeyState> {
        self.ops.keys(&lc()).await.unwrap().into_iter().map(|key| key.state).collect()
    }
}

#[tokio::test]
async fn a_key_is_rotated_with_patience() {
    let house = House::new().await;
    assert_eq!(house.states().await, [KeyState::Active], "the first key signs at once");
    house.wait(Duration::from_secs(1));
    assert_eq!(house.prepare("next").await, KeyState::Prepublished);
    let next = KeyId::new("next");
    let early = house.ops.activate_key(&actor(), &lc(), &next, Wait::Observe).await.unwrap_err();
    assert!(early.to_string().contains("for another 1200 s"), "{early}");
    house.wait(Duration::from_secs(1200));
    house.ops.activate_key(&actor(), &lc(), &next, Wait::Observe).await.unwrap();
    assert_eq!(house.states().await, [KeyState::Grace, KeyState::Active]);
    let first = house.ops.keys(&lc()).await.unwrap().remove(0);
    assert!(matches!(house.ops.retire_key(&actor(), &lc(), &first.kid, Wait::Observe).await, Err(OpsError::Refused { .. })));
    house.wait(Duration::from_secs(86_401));
    house.ops.retire_key(&actor(), &lc(), &first.kid, Wait::Observe).await.unwrap();
    assert_eq!(house.states().await, [KeyState::Retired, KeyState::Active]);
    assert_eq!(house.events().await[4..], ["key_prepared", "key_graced", "key_activated", "key_retired"]);
}

#[tokio::test]
async fn a_leaked_key_is_replaced_at_once() {
    let house = House::new().await;
    house.prepare("next").await;
    house.ops.activate_key(&actor(), &lc(), &KeyId::new("next"), Wait::Waive).await.unwrap();
    let first = house.ops.keys(&lc()).await.unwrap().into_iter().find(|key| key.state == KeyState::Grace).unwrap();
    house.ops.retire_key(&actor(), &lc(), &first.kid, Wait::Waive).await.unwrap();
}

#[tokio::test]
async fn a_private_key_is_sealed_for_its_place() {
    let house = House::new().await;
    let key = house.ops.keys(&lc()).await.unwrap().remove(0);
    assert!(house.ops.sealer.open(&sealing_context(&lc(), key.kid.as_str()), &key.sealed).is_ok());
    assert!(house.ops.sealer.open(&sealing_context(&lc(), "other"), &key.sealed).is_err());
    assert!(!key.public_jwk.contains("\"d\""));
}

#[tokio::test]
async fn a_key_is_imported_and_named_once() {
    let house = House::new().await;
    let pem = Secret::new(include_str!("../../../../tests/it/fixtures/rs256.pem").into());
    let new = NewKey { pem: Some(pem), kid: Some(KeyId::new("MjZERjhB")), ..NewKey::generated(Algorithm::Rs256) };
    let key = house.ops.prepare_key(&actor(), &lc(), new.clone()).await.unwrap();
    assert_eq!((key.kid.as_str(), key.state), ("MjZERjhB", KeyState::Active));
    assert!(matches!(house.ops.prepare_key(&actor(), &lc(), new).await, Err(OpsError::Conflict(_))));
    let garbage = NewKey { pem: Some(Secret::new("hunter2".into())), ..NewKey::generated(Algorithm::Rs256) };
    let refused = house.ops.prepare_key(&actor(), &lc(), garbage).await.unwrap_err();
    assert!(matches!(refused, OpsError::Invalid(Invalid { field: "pem", .. })) && !refused.to_string().contains("hunter2"));
    let short = NewKey { rsa_bits: 1024, ..NewKey::generated(Algorithm::Rs256) };
    let refused = house.ops.prepare_key(&actor(), &lc(), short).await.unwrap_err();
    assert!(matches!(refused, OpsError::Invalid(Invalid { field: "rsa_bits", .. })), "{refused}");
}
