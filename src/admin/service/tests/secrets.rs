use std::time::Duration;

use super::*;
use crate::credential::hash::Salt;
use crate::credential::{GENERATED, StoredAs, generated};
use crate::model::{Principal, SecretId, StoredSecret, Verifier};
use crate::store::lockouts;

impl House {
    async fn add(&self, source: SecretSource, overlap: Option<Duration>) -> Result<AddedSecret, OpsError> {
        self.ops.add_secret(&actor(), &lc(), &acme(), source, overlap).await
    }

    async fn live(&self) -> Vec<SecretId> {
        let secrets = self.ops.secrets(&lc(), &acme()).await.unwrap();
        secrets.into_iter().filter(|secret| secret.is_live(self.ops.now())).map(|secret| secret.id).collect()
    }

    async fn revoke(&self, id: &SecretId, last: Last) -> Result<(), OpsError> {
        self.ops.revoke_secret(&actor(), &lc(), (&acme(), id), last, LiveTokens::Keep).await
    }
}

fn chosen(text: &str) -> SecretSource {
    SecretSource::Chosen(Secret::new(text.into()))
}

#[tokio::test]
async fn a_generated_secret_is_seen_once() {
    let house = House::new().await;
    let added = house.add(SecretSource::Generated, None).await.unwrap();
    let secret = added.secret.unwrap();
    assert!(generated::is_well_formed(secret.expose()));
    assert!(matches!(added.stored.verifier, Verifier::Digest(ref digest) if digest.len() == 32));
    assert!(house.ops.has_secret(&lc(), &acme(), &secret).await.unwrap());
    assert!(!house.ops.has_secret(&lc(), &acme(), &Secret::new("cs_another".into())).await.unwrap());
    let trail = format!("{:?}", house.audit().await);
    assert!(trail.contains(added.stored.id.as_str()) && !trail.contains(secret.expose()));
}

#[tokio::test]
async fn an_overlap_says_how_long_the_others_live() {
    let house = House::new().await;
    let first = house.add(SecretSource::Generated, None).await.unwrap().stored.id;
    let second = house.add(SecretSource::Generated, None).await.unwrap().stored.id;
    assert_eq!(house.live().await.len(), 2, "without an overlap nothing ends");
    let third = house.add(SecretSource::Generated, Some(Duration::from_secs(3600))).await.unwrap();
    assert_eq!(third.superseded.len(), 2);
    house.wait(Duration::from_secs(3599));
    assert_eq!(house.live().await.len(), 3);
    house.wait(Duration::from_secs(1));
    assert_eq!(house.live().await, std::slice::from_ref(&third.stored.id));
    let fourth = house.add(SecretSource::Generated, Some(Duration::ZERO)).await.unwrap();
    assert_eq!((fourth.superseded, house.live().await), (vec![third.stored.id], vec![fourth.stored.id]));
    let superseded: Vec<_> = house.audit().await.into_iter().filter(|row| row.event == "secret_superseded").collect();
    assert_eq!(superseded.len(), 3);
    assert!([first, second].iter().all(|id| superseded.iter().any(|row| row.secret.as_ref() == Some(id))));
}

#[tokio::test]
async fn only_so_many_secrets_are_live() {
    let house = House::with(SecretsConfig { max_live: 2, ..SecretsConfig::default() }).await;
    house.add(SecretSource::Generated, None).await.unwrap();
    house.add(SecretSource::Generated, None).await.unwrap();
    let (events, changes) = (house.events().await, house.changes().await);
    assert!(matches!(house.add(SecretSource::Generated, None).await, Err(OpsError::Refused { .. })));
    let later = house.add(SecretSource::Generated, Some(Duration::from_secs(60))).await;
    assert!(matches!(later, Err(OpsError::Refused { .. })), "the others would be live for another minute");
    assert_eq!((house.live().await.len(), house.events().await, house.changes().await), (2, events, changes));
    house.add(SecretSource::Generated, Some(Duration::ZERO)).await.unwrap();
    assert_eq!(house.live().await.len(), 1);
}

#[tokio::test]
async fn parallel_additions_do_not_exceed_the_limit() {
    let house = Arc::new(House::with(SecretsConfig { max_live: 3, ..SecretsConfig::default() }).await);
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let house = house.clone();
            tokio::spawn(async move { house.add(SecretSource::Generated, None).await.is_ok() })
        })
        .collect();
    let mut added = 0;
    for task in tasks {
        added += usize::from(task.await.unwrap());
    }
    assert_eq!((added, house.live().await.len()), (3, 3));
}

#[tokio::test]
async fn the_last_live_secret_is_revoked_only_by_force() {
    let house = House::new().await;
    let first = house.add(SecretSource::Generated, None).await.unwrap().stored.id;
    assert!(matches!(house.revoke(&first, Last::Keep).await, Err(OpsError::Refused { .. })));
    let second = house.add(SecretSource::Generated, None).await.unwrap().stored.id;
    house.revoke(&first, Last::Keep).await.unwrap();
    house.revoke(&first, Last::Keep).await.unwrap();
    assert_eq!(house.live().await, std::slice::from_ref(&second));
    house.revoke(&second, Last::RevokeToo).await.unwrap();
    assert_eq!(house.live().await, []);
    let unknown = house.revoke(&SecretId::new("none"), Last::Keep).await;
    assert!(matches!(unknown, Err(OpsError::NotFound(_))));
    assert_eq!(house.events().await.iter().filter(|event| *event == "secret_revoked").count(), 2);
}

#[tokio::test]
async fn chosen_secrets_of_a_client_share_their_salt() {
    let house = House::new().await;
    let one = house.add(chosen("correct horse"), None).await.unwrap();
    let other = house.add(chosen("battery staple"), None).await.unwrap();
    let salt = |secret: &StoredSecret| match &secret.verifier {
        Verifier::Hash(hash) => Salt::of(hash).unwrap(),
        Verifier::Digest(_) => panic!("a chosen secret is no digest"),
    };
    assert_eq!(salt(&one.stored), salt(&other.stored));
    assert!(one.secret.is_none());
    assert!(house.ops.has_secret(&lc(), &acme(), &Secret::new("battery staple".into())).await.unwrap());
    assert!(!house.ops.has_secret(&lc(), &acme(), &Secret::new("Battery staple".into())).await.unwrap());
    for unfit in ["short", "with\nline end", &"x".repeat(513)] {
        let refused = house.add(chosen(unfit), None).await.unwrap_err();
        assert!(matches!(refused, OpsError::Invalid(Invalid { field: "secret", .. })), "{unfit:?}");
        assert!(!refused.to_string().contains(unfit));
    }
}

#[tokio::test]
async fn an_imported_hash_is_recognised_or_refused() {
    let house = House::new().await;
    // From `printf s3cr3t-imported | sha256sum`.
    let hash = "{SHA256}c372280a1d75572c4dfaf743fbe3d2b7c81f7836cea30173e3843472efb9d587";
    house.add(SecretSource::Imported(Secret::new(hash.into())), None).await.unwrap();
    assert!(house.ops.has_secret(&lc(), &acme(), &Secret::new("s3cr3t-imported".into())).await.unwrap());
    let unknown = house.add(SecretSource::Imported(Secret::new("$9$what".into())), None).await.unwrap_err();
    assert!(matches!(unknown, OpsError::Invalid(Invalid { field: "hash", .. })), "{unknown}");
}

#[tokio::test]
async fn auditors_can_have_generated_secrets_hashed_slowly() {
    let house = House::with(SecretsConfig { hash: StoredAs::Argon2id, ..SecretsConfig::default() }).await;
    let added = house.add(SecretSource::Generated, None).await.unwrap();
    let Verifier::Hash(hash) = &added.stored.verifier else { panic!("not a slow hash") };
    assert!(hash.starts_with(&format!("{GENERATED}$argon2id$")));
    assert!(house.ops.has_secret(&lc(), &acme(), &added.secret.unwrap()).await.unwrap());
}

#[tokio::test]
async fn a_new_secret_unlocks_the_client() {
    let house = House::new().await;
    let policy = house.ops.realm(&lc()).await.unwrap().lockout;
    let who = Principal::client(&lc(), &acme());
    for _ in 0..3 {
        let mut session = house.ops.db.write().await.unwrap();
        lockouts::reserve(&mut session.conn(), &who, &policy, house.ops.now()).await.unwrap();
    }
    assert!(house.ops.client_is_locked(&lc(), &acme()).await.unwrap());
    assert!(house.add(SecretSource::Generated, None).await.unwrap().unlocked);
    assert!(!house.ops.client_is_locked(&lc(), &acme()).await.unwrap());
    assert_eq!(house.events().await.last().unwrap(), "client_unlocked");
    assert!(!house.add(SecretSource::Generated, None).await.unwrap().unlocked);
    assert_eq!(house.ops.unlock_client(&actor(), &lc(), &acme()).await.unwrap(), Put::Unchanged);
}

#[tokio::test]
async fn a_public_client_has_no_secrets() {
    let house = House::new().await;
    let change = ClientChange {
        auth_method: Some(crate::model::AuthMethod::None),
        grants: Some(vec![crate::model::GrantKind::Password]),
        ..ClientChange::default()
    };
    house.ops.update_client(&actor(), &lc(), &acme(), change).await.unwrap();
    assert!(matches!(house.add(SecretSource::Generated, None).await, Err(OpsError::Refused { .. })));
}
