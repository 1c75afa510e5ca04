use super::*;
use crate::model::{AuthMethod, GrantKind};

#[tokio::test]
async fn a_client_is_changed_where_it_differs() {
    let house = House::new().await;
    let before = house.ops.client(&lc(), &acme()).await.unwrap();
    let change =
        ClientChange { name: Some("Acme".into()), token_ttl: Some(Some("15m".parse().unwrap())), ..ClientChange::default() };
    let (after, put) = house.ops.update_client(&actor(), &lc(), &acme(), change.clone()).await.unwrap();
    assert_eq!((after.name.as_str(), after.token_ttl, put), ("Acme", Some(std::time::Duration::from_secs(900)), Put::Updated));
    assert_eq!(after.scopes, before.scopes);
    let events = house.events().await.len();
    assert_eq!(house.ops.update_client(&actor(), &lc(), &acme(), change).await.unwrap().1, Put::Unchanged);
    assert_eq!(house.events().await.len(), events);
    let none: ClientChange = serde_json::from_str(r#"{"token_ttl":null}"#).unwrap();
    assert_eq!(house.ops.update_client(&actor(), &lc(), &acme(), none).await.unwrap().0.token_ttl, None);
}

#[tokio::test]
async fn a_client_is_switched_once() {
    let house = House::new().await;
    assert_eq!(house.ops.disable_client(&actor(), &lc(), &acme()).await.unwrap(), Put::Updated);
    assert_eq!(house.ops.disable_client(&actor(), &lc(), &acme()).await.unwrap(), Put::Unchanged);
    assert_eq!(house.ops.client(&lc(), &acme()).await.unwrap().disabled_at, Some(Timestamp::from_millis(NOW)));
    assert_eq!(house.ops.enable_client(&actor(), &lc(), &acme()).await.unwrap(), Put::Updated);
    let events = house.events().await;
    assert_eq!(events[4..], ["client_disabled", "client_enabled"]);
}

#[tokio::test]
async fn a_client_is_one_of_its_own_realm() {
    let house = House::new().await;
    let other = RealmId::new("other");
    house
        .ops
        .put_realm(&actor(), &NewRealm { algorithm: crate::model::Algorithm::EdDsa, ..NewRealm::named(other.clone()) })
        .await
        .unwrap();
    assert!(matches!(house.ops.disable_client(&actor(), &other, &acme()).await, Err(OpsError::NotFound(_))));
    assert!(matches!(house.ops.secrets(&other, &acme()).await, Err(OpsError::NotFound(_))));
    let twin = NewClient::machine(acme(), scopes("oob"));
    house.ops.create_client(&actor(), &other, twin.clone()).await.unwrap();
    assert!(matches!(house.ops.create_client(&actor(), &other, twin.clone()).await, Err(OpsError::Conflict(_))));
    let nowhere = house.ops.create_client(&actor(), &RealmId::new("nowhere"), twin).await;
    assert!(matches!(nowhere, Err(OpsError::NotFound(_))));
}

#[tokio::test]
async fn clients_are_listed_by_pages() {
    let house = House::new().await;
    for id in ["b", "c"] {
        house.ops.create_client(&actor(), &lc(), NewClient::machine(ClientId::new(id), scopes(""))).await.unwrap();
    }
    let page = |after: Option<&str>| Page { after: after.map(str::to_owned), limit: 2 };
    let ids =
        |listing: &Listing<crate::model::Client>| listing.items.iter().map(|client| client.id.to_string()).collect::<Vec<_>>();
    let first = house.ops.clients(&lc(), &page(None)).await.unwrap();
    assert_eq!((ids(&first), first.next.as_deref()), (vec!["acme".into(), "b".into()], Some("b")));
    let last = house.ops.clients(&lc(), &page(first.next.as_deref())).await.unwrap();
    assert_eq!((ids(&last), last.next), (vec!["c".into()], None));
}

#[tokio::test]
async fn no_token_outlives_its_realm() {
    let house = House::new().await;
    let change = ClientChange { token_ttl: Some(Some("25h".parse().unwrap())), ..ClientChange::default() };
    let refused = house.ops.update_client(&actor(), &lc(), &acme(), change).await.unwrap_err();
    assert_eq!(refused.to_string(), "token_ttl: no token of the realm lives longer than 1d");
}

#[test]
fn a_client_is_checked() {
    let faults = |client: NewClient| client.check().into_iter().map(|fault| fault.field).collect::<Vec<_>>();
    let named = |id: &str| NewClient::machine(ClientId::new(id), scopes("oob"));
    for id in ["acme", "P9L8PJ9QIAFAKBNQG6E0", "a/b?c", &"a".repeat(128)] {
        assert_eq!(faults(named(id)), Vec::<&str>::new(), "{id}");
    }
    for id in ["a:b", "a b", "é", "a\0", &"a".repeat(129)] {
        assert!(faults(named(id)).contains(&"id"), "{id}");
    }
    assert_eq!(faults(NewClient { grants: Vec::new(), ..named("a") }), ["grants"]);
    assert_eq!(faults(NewClient { auth_method: AuthMethod::None, ..named("a") }), ["grants"]);
    let public = NewClient { auth_method: AuthMethod::None, grants: vec![GrantKind::Password], ..named("a") };
    assert_eq!(faults(public), Vec::<&str>::new());
    let homeless = NewClient { user: Some(crate::model::UserId::new("jane")), ..named("a") };
    assert_eq!(faults(homeless), ["user"]);
}

#[tokio::test]
async fn an_institution_has_one_switch() {
    let house = House::new().await;
    let new = NewInstitution {
        id: None,
        name: "Bank".into(),
        scopes: None,
        claims: serde_json::Map::new(),
        networks: Vec::new(),
        quota: None,
    };
    let bank = house.ops.create_institution(&actor(), &lc(), new.clone()).await.unwrap();
    assert!(uuid::Uuid::try_parse(bank.id.as_str()).is_ok());
    let change = InstitutionChange { quota: Some(Some("100/m".parse().unwrap())), ..InstitutionChange::default() };
    assert_eq!(house.ops.update_institution(&actor(), &lc(), &bank.id, change).await.unwrap().1, Put::Updated);
    assert_eq!(house.ops.disable_institution(&actor(), &lc(), &bank.id).await.unwrap(), Put::Updated);
    assert_eq!(house.ops.disable_institution(&actor(), &lc(), &bank.id).await.unwrap(), Put::Unchanged);
    assert_eq!(house.ops.enable_institution(&actor(), &lc(), &bank.id).await.unwrap(), Put::Updated);
    let events = house.events().await;
    assert_eq!(events[4..], ["institution_created", "institution_updated", "institution_disabled", "institution_enabled"]);
    let reserved = NewInstitution { claims: serde_json::from_str(r#"{"iss":"x"}"#).unwrap(), ..new };
    assert_eq!(reserved.check().first().map(|fault| fault.field), Some("claims"));
}
