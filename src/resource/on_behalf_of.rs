//! For whom a request to an API acts: the token's own subject, or the account that the client names in a header
//! (contracts 1.4).

use http::{HeaderMap, HeaderValue, Method};
use uuid::Uuid;

use crate::app::App;
use crate::dialect::{Dialect, OnBehalfOf};
use crate::error::{ErrorKind, OAuthError};
use crate::model::{ActiveToken, UserId};
use crate::realms::RealmContext;
use crate::token::standing;

/// The account that a client acts for, beside what its token is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActingFor {
    pub user: UserId,
    pub is_blocked: bool,
}

/// Finds the account, and that the client may act for it. Whether it is blocked is for [`permits`] to judge, after everything else.
pub async fn find(
    app: &App,
    realm: &RealmContext,
    rule: Option<&OnBehalfOf>,
    (token, headers): (&ActiveToken, &HeaderMap),
) -> Result<Option<ActingFor>, OAuthError> {
    let named = match rule {
        Some(rule) => named(rule, headers)?.map(|user| (rule, user)),
        None => None,
    };
    let own = token.bound_user.as_ref().or(token.user());
    let user = match (own, named) {
        (Some(own), Some((_, named))) if *own != named => return Err(OAuthError::new(ErrorKind::OboMismatch)),
        (Some(_), _) => token.bound_user.clone(),
        (None, Some((rule, named))) => {
            may_act(rule, token)?;
            Some(named)
        }
        (None, None) => None,
    };
    let Some(user) = user else { return Ok(None) };
    let party = standing::user(app, realm, &user).await?;
    // Of another organisation, or of none: the same answer as for one that does not exist.
    let party = party.filter(|party| party.institution.is_some() && party.institution == token.institution);
    match party {
        Some(party) => Ok(Some(ActingFor { user, is_blocked: party.is_off })),
        None => Err(OAuthError::new(ErrorKind::OboUnknownUser)),
    }
}

/// A blocked account's state is still read, but not changed.
pub fn permits(dialect: &Dialect, acting_for: &ActingFor, method: &Method) -> Result<(), OAuthError> {
    if acting_for.is_blocked && !dialect.resource.blocked_users_may.contains(method) {
        return Err(OAuthError::new(ErrorKind::UserBlocked));
    }
    Ok(())
}

/// The token carries the scope, and its client still holds it: a narrowed token acts for nobody, nor does a client that was
/// deprived of the right a minute ago.
fn may_act(rule: &OnBehalfOf, token: &ActiveToken) -> Result<(), OAuthError> {
    let holds = token.scopes.contains(&rule.scope) && token.client_scopes.contains(&rule.scope);
    if holds {
        return Ok(());
    }
    let needed = std::iter::once(rule.scope.clone()).collect();
    Err(OAuthError { scopes: Some((needed, token.scopes.clone())), ..OAuthError::new(ErrorKind::OboScope) })
}

/// `user {uuid}`, in one header, to the letter.
fn named(rule: &OnBehalfOf, headers: &HeaderMap) -> Result<Option<UserId>, OAuthError> {
    let mut values = headers.get_all(&rule.header).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => user(value).map(Some).ok_or_else(|| OAuthError::new(ErrorKind::OboMalformed)),
        (Some(_), Some(_)) => Err(OAuthError::new(ErrorKind::OboMalformed).detail("the header stands there twice")),
    }
}

fn user(value: &HeaderValue) -> Option<UserId> {
    let id = value.to_str().ok()?.strip_prefix("user ")?;
    let hyphenated = id.len() == uuid::fmt::Hyphenated::LENGTH;
    Uuid::try_parse(id).ok().filter(|_| hyphenated).map(UserId::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_documented_form_names_an_account() {
        let id = "cd21b26d-35d2-408a-9201-b8fdbef7a604";
        let of = |text: &str| user(&HeaderValue::from_str(text).unwrap());
        assert_eq!(of(&format!("user {id}")), Some(UserId::new(id)));
        assert_eq!(of(&format!("user {}", id.to_uppercase())), Some(UserId::new(id)), "a UUID is read without regard to case");
        let simple = id.replace('-', "");
        for wrong in [
            id.to_owned(),
            format!("User {id}"),
            format!("client {id}"),
            format!("user  {id}"),
            format!("user\t{id}"),
            format!("user {id} "),
            format!("user {simple}"),
            format!("user {{{id}}}"),
            format!("user urn:uuid:{id}"),
            format!("user {id},user {id}"),
            "user ".to_owned(),
            "user cd21b26d-35d2-408a-9201-b8fdbef7a60g".to_owned(),
        ] {
            assert_eq!(of(&wrong), None, "{wrong}");
        }
    }
}
