//! Opaque tokens.

use countersign::model::{ClientId, RealmId, ScopeSet, StoredToken, UserId};
use countersign::store::{Db, StoreError, tokens};

use super::seed::{NOW, at, session};

fn a_token(expires_at: i64) -> StoredToken {
    StoredToken {
        realm: RealmId::new("tokens"),
        client: ClientId::new("acme"),
        user: None,
        subject_client: None,
        actors: Vec::new(),
        scopes: ScopeSet::parse("oob").unwrap(),
        audience: Vec::new(),
        issued_at: at(NOW),
        expires_at: at(expires_at),
        pending_at: None,
    }
}

pub async fn a_token_is_found_by_its_digest(db: &Db) {
    let mut session = session(db).await;
    let bare = a_token(NOW + 1);
    let full = StoredToken {
        user: Some(UserId::new("u1")),
        subject_client: Some(ClientId::new("partner")),
        actors: vec![ClientId::new("newest"), ClientId::new("older")],
        scopes: ScopeSet::parse("b a").unwrap(),
        audience: vec!["https://api.example/".into(), "two".into()],
        pending_at: Some(at(NOW)),
        ..a_token(NOW + 2)
    };
    for (digest, token) in [([1; 32], &bare), ([2; 32], &full)] {
        tokens::add(&mut session.conn(), &digest, token).await.unwrap();
        assert_eq!(tokens::find_by_digest(&mut session.conn(), &digest).await.unwrap().as_ref(), Some(token));
    }
    assert_eq!(tokens::find_by_digest(&mut session.conn(), &[3; 32]).await.unwrap(), None);
    assert_eq!(tokens::find_by_digest(&mut session.conn(), &[1; 31]).await.unwrap(), None, "a prefix is not the digest");
}

pub async fn a_digest_is_issued_once(db: &Db) {
    let mut session = session(db).await;
    tokens::add(&mut session.conn(), &[9; 32], &a_token(NOW + 1)).await.unwrap();
    let again = tokens::add(&mut session.conn(), &[9; 32], &a_token(NOW + 99)).await;
    assert!(matches!(again, Err(StoreError::Conflict("tokens"))));
}

/// Long ago, where no other case has tokens.
pub async fn expired_tokens_are_pruned(db: &Db) {
    let mut session = session(db).await;
    for number in 1..=5_u8 {
        tokens::add(&mut session.conn(), &[100 + number; 32], &a_token(i64::from(number))).await.unwrap();
    }
    assert_eq!(tokens::prune(&mut session.conn(), at(4), 3).await.unwrap(), 3, "no more than the limit");
    assert_eq!(tokens::prune(&mut session.conn(), at(4), 3).await.unwrap(), 1);
    assert_eq!(tokens::prune(&mut session.conn(), at(4), 3).await.unwrap(), 0);
    assert!(tokens::find_by_digest(&mut session.conn(), &[105; 32]).await.unwrap().is_some(), "it has not expired");
}
