use super::*;
use crate::credential::totp;
use crate::model::UserId;

const SEED: &str = "JBSWY3DPEHPK3PXP";

fn jane() -> NewUser {
    NewUser {
        id: Some(UserId::new("jane")),
        email: Some(" Jane@Bank.Example ".into()),
        name: None,
        institution: None,
        roles: vec!["EXTERNAL API ADMIN".into()],
        scopes: None,
        password: Some(Secret::new("correct horse battery staple".into())),
        totp_secret: Some(Secret::new(SEED.into())),
    }
}

#[tokio::test]
async fn an_account_is_created_whole() {
    let house = House::new().await;
    let user = house.ops.create_user(&actor(), &lc(), &jane()).await.unwrap();
    assert_eq!((user.email.as_deref(), user.name.as_str()), (Some("jane@bank.example"), "jane@bank.example"));
    assert_eq!(house.ops.find_user(&lc(), "JANE@bank.example").await.unwrap(), Some(user.clone()));
    assert_eq!(house.events().await[4..], ["user_created", "user_password_set", "user_totp_set"]);
    let account = store::users::lookup_account(&mut house.ops.db.read().await.unwrap().conn(), &lc(), &user.id).await;
    let sealed = account.unwrap().unwrap().totp_sealed.unwrap();
    let seed = house.ops.sealer.open("totp:lc:jane", &sealed).unwrap();
    assert_eq!(seed.expose(), totp::decode_base32(SEED).unwrap().expose());
    let twin = NewUser { id: Some(UserId::new("other")), ..jane() };
    assert!(matches!(house.ops.create_user(&actor(), &lc(), &twin).await, Err(OpsError::Conflict(_))));
}

#[tokio::test]
async fn a_credential_that_is_so_already_is_left_alone() {
    let house = House::new().await;
    let id = house.ops.create_user(&actor(), &lc(), &jane()).await.unwrap().id;
    let (same, other) = (Secret::new("correct horse battery staple".into()), Secret::new("battery staple".into()));
    assert_eq!(house.ops.set_password(&actor(), &lc(), &id, &same, LiveTokens::Keep).await.unwrap(), Put::Unchanged);
    assert_eq!(house.ops.set_password(&actor(), &lc(), &id, &other, LiveTokens::Keep).await.unwrap(), Put::Updated);
    assert_eq!(house.ops.set_password(&actor(), &lc(), &id, &other, LiveTokens::Keep).await.unwrap(), Put::Unchanged);
    assert_eq!(
        house.ops.set_totp(&actor(), &lc(), &id, &Secret::new(SEED.into()), LiveTokens::Keep).await.unwrap(),
        Put::Unchanged
    );
    let seed = Secret::new("KRSXG5CTMVRXEZLU".into());
    assert_eq!(house.ops.set_totp(&actor(), &lc(), &id, &seed, LiveTokens::Keep).await.unwrap(), Put::Updated);
    assert_eq!(house.events().await[7..], ["user_password_set", "user_totp_set"]);
}

#[tokio::test]
async fn an_account_is_changed_and_blocked() {
    let house = House::new().await;
    let id = house.ops.create_user(&actor(), &lc(), &jane()).await.unwrap().id;
    let change = UserChange { email: Some(None), roles: Some(vec![]), ..UserChange::default() };
    let (after, put) = house.ops.update_user(&actor(), &lc(), &id, change.clone()).await.unwrap();
    assert_eq!((after.email, after.roles.len(), put), (None, 0, Put::Updated));
    assert_eq!(house.ops.update_user(&actor(), &lc(), &id, change).await.unwrap().1, Put::Unchanged);
    assert_eq!(house.ops.block_user(&actor(), &lc(), &id).await.unwrap(), Put::Updated);
    assert_eq!(house.ops.block_user(&actor(), &lc(), &id).await.unwrap(), Put::Unchanged);
    assert_eq!(house.ops.unblock_user(&actor(), &lc(), &id).await.unwrap(), Put::Updated);
    assert_eq!(house.events().await[7..], ["user_updated", "user_blocked", "user_unblocked"]);
}

#[test]
fn an_account_is_checked() {
    let faults = |user: NewUser| user.check().into_iter().map(|fault| fault.field).collect::<Vec<_>>();
    assert_eq!(faults(jane()), Vec::<&str>::new());
    for email in ["jane", "@bank.example", "jane@", "ja ne@bank.example"] {
        assert!(faults(NewUser { email: Some(email.into()), ..jane() }).contains(&"email"), "{email}");
    }
    assert_eq!(faults(NewUser { password: Some(Secret::new("short".into())), ..jane() }), ["password"]);
    assert_eq!(faults(NewUser { totp_secret: Some(Secret::new("not base32!".into())), ..jane() }), ["totp_secret"]);
    assert_eq!(faults(NewUser { roles: vec![String::new()], ..jane() }), ["roles"]);
}
