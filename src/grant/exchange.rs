//! Token exchange (RFC 8693): a service swaps a token that it was sent for a narrower one to the next audience, or for one about
//! a user whom it may act for, and stands in the new one as its actor.
//!
//! Nothing grows by an exchange: scopes and life stay within those of the token that came, and the new one falls with each of
//! its parties: the caller, whoever acted before, and whom it is about.

use std::sync::Arc;

use super::Subject;
use crate::app::App;
use crate::client_auth::AuthenticatedClient;
use crate::error::{ErrorKind, OAuthError};
use crate::model::{
    ActiveToken, ClientId, Exchange, Institution, IssuePolicy, Scope, ScopeSet, Timestamp, TokenFormat, TokenSubject, TokenType,
    UserId,
};
use crate::realms::RealmContext;
use crate::secret::Secret;
use crate::store::users::{self, UserAccount};
use crate::store::{institutions, standing as parties};
use crate::token::Life;
use crate::token::active::{self, MeantFor};

/// Longest chain of actors.
const MAX_ACTORS: usize = 5;

/// One text for each question, whatever the reason for the no.
const SUBJECT: (&str, &str) = ("subject_token", "The subject token is not valid, or not meant for the client");
const ACTOR: (&str, &str) = ("actor_token", "The actor token is not a valid token of the client itself");
const MAY_ACT: (&str, &str) = ("subject_token", "The client is not the one that may act for the subject");
const CHAIN: (&str, &str) = ("subject_token", "The subject token has passed through too many hands");
const FORMAT: (&str, &str) = ("requested_token_type", "The requested token type is not issued here");
const USER: (&str, &str) = ("requested_subject", "The requested user is unknown, or not one that may be acted for");

/// What the new token takes over from the one that came, and may not exceed.
#[derive(Debug)]
pub struct Exchanged {
    /// The client that it is about, where that is not the caller.
    pub subject_client: Option<ClientId>,
    /// The newest first.
    pub actors: Vec<ClientId>,
    pub life: Life,
    /// Those of the token that came.
    scopes: ScopeSet,
    /// What else the scopes stay within, beside the caller's own.
    limits: Vec<ScopeSet>,
    /// It speaks for one user, or comes from a client that does: never for another by its holder's choice.
    is_bound: bool,
}

impl Exchanged {
    /// What the new token's scopes stay within. The right to act for users is passed on only to who asks for it by name.
    pub fn bounds(&self, policy: &IssuePolicy, requested: Option<&ScopeSet>) -> Vec<ScopeSet> {
        let is_named = |scope: &Scope| requested.is_some_and(|requested| requested.contains(scope));
        let withheld = policy.on_behalf_of.as_ref().filter(|scope| self.is_bound || !is_named(scope));
        let gives = |scope: &Scope| withheld.is_some_and(|of| policy.scope.allows(&std::iter::once(scope.clone()).collect(), of));
        let own = self.scopes.iter().filter(|scope| !gives(scope)).cloned().collect();
        std::iter::once(own).chain(self.limits.iter().cloned()).collect()
    }
}

/// Where an exchange happens, and by whom.
#[derive(Clone, Copy, Debug)]
pub struct Swap<'a> {
    pub app: &'a App,
    pub realm: &'a RealmContext,
    pub policy: &'a IssuePolicy,
    pub client: &'a AuthenticatedClient,
}

impl Swap<'_> {
    /// Whom the new token is about, with all that the one that came says and allows.
    pub async fn subject(self, asked: &Exchange) -> Result<Subject, OAuthError> {
        // The new token dates from before its parties are looked at, so that what is revoked meanwhile takes it along.
        let now = self.app.now();
        self.format(asked.requested_type)?;
        let token = self.good(&asked.subject_token, SUBJECT).await?;
        self.actor(asked.actor_token.as_ref()).await?;
        self.may_act(&token)?;
        let account = match (&asked.requested_user, token.user()) {
            (Some(user), _) => Some(self.bind(&token, user).await?),
            (None, Some(user)) => Some(self.account(user).await?.ok_or_else(|| refused(SUBJECT))?),
            (None, None) => None,
        };
        let is_bound = asked.requested_user.is_some();
        let actors = actors(&token, &self.client.client().id, is_bound);
        if actors.len() > MAX_ACTORS {
            return Err(refused(CHAIN));
        }
        let exchanged = Exchanged {
            subject_client: if account.is_none() { self.subject_client(&token) } else { None },
            actors,
            life: Life { from: self.earliest(now, &token), until: token.expires_at },
            scopes: token.scopes.clone(),
            limits: self.limits(&token),
            is_bound: account.is_some() || token.bound_user.is_some(),
        };
        let (user, institution) = match account {
            Some(UserAccount { user, institution, .. }) => (Some(user), institution),
            None => (None, self.institution(&token).await?),
        };
        Ok(Subject { user, institution: institution.map(Arc::new), exchanged: Some(exchanged) })
    }

    fn format(self, requested: Option<TokenType>) -> Result<(), OAuthError> {
        if requested == Some(TokenType::Jwt) && self.policy.format != TokenFormat::Jwt { Err(refused(FORMAT)) } else { Ok(()) }
    }

    /// A good token of this realm that is meant for the caller. What this node remembers of it is not enough here: the new
    /// token could outlive a revocation that has not been heard of yet.
    async fn good(self, token: &Secret<String>, question: (&'static str, &'static str)) -> Result<Arc<ActiveToken>, OAuthError> {
        let not_good = |error: OAuthError| match error.kind {
            ErrorKind::RsInvalid | ErrorKind::RsExpired | ErrorKind::RsRevoked => {
                refused(question).detail(error.detail.unwrap_or_else(|| error.kind.as_str().into()))
            }
            _ => error,
        };
        let meant_for = MeantFor::ServedBy(&self.client.client().id);
        active::check_anew(self.app, self.realm, token.expose(), meant_for).await.map_err(not_good)
    }

    /// The caller is the actor, so that it can show no other's token (RFC 8693, section 2.1).
    async fn actor(self, token: Option<&Secret<String>>) -> Result<(), OAuthError> {
        let Some(token) = token else { return Ok(()) };
        let found = self.good(token, ACTOR).await?;
        let is_own = found.client == self.client.client().id && found.subject == TokenSubject::Itself;
        if is_own { Ok(()) } else { Err(refused(ACTOR)) }
    }

    /// RFC 8693, section 4.4.
    fn may_act(self, token: &ActiveToken) -> Result<(), OAuthError> {
        let is_named = |named: &String| named == self.client.client().id.as_str();
        if token.may_act.as_ref().is_none_or(is_named) { Ok(()) } else { Err(refused(MAY_ACT)) }
    }

    /// The account that caller and partner may both act for. Of an unknown one no more is told than of a foreign one.
    async fn bind(self, token: &ActiveToken, user: &UserId) -> Result<UserAccount, OAuthError> {
        let Some(partner) = partner(token) else { return Err(refused(USER)) };
        let partner = {
            let mut session = self.app.db.read().await?;
            parties::of_client(&mut session.conn(), self.realm.id(), partner).await?
        };
        let may_act = partner.is_some_and(|partner| match &partner.user {
            Some(own) => own == user,
            None => self.acts_for_users(&token.scopes) && self.acts_for_users(&partner.scopes),
        });
        let account = self.account(user).await?.filter(|UserAccount { user, .. }| {
            user.blocked_at.is_none() && user.institution.is_some() && user.institution == token.institution
        });
        let account = account.filter(|_| may_act && self.acts_for_users(&self.client.client().scopes));
        account.ok_or_else(|| refused(USER))
    }

    fn acts_for_users(self, held: &ScopeSet) -> bool {
        self.policy.on_behalf_of.as_ref().is_some_and(|scope| self.policy.scope.allows(held, scope))
    }

    async fn account(self, user: &UserId) -> Result<Option<UserAccount>, OAuthError> {
        let mut session = self.app.db.read().await?;
        Ok(users::lookup_account(&mut session.conn(), self.realm.id(), user).await?)
    }

    async fn institution(self, token: &ActiveToken) -> Result<Option<Institution>, OAuthError> {
        let Some(id) = &token.institution else { return Ok(None) };
        let mut session = self.app.db.read().await?;
        Ok(institutions::lookup(&mut session.conn(), self.realm.id(), id).await?)
    }

    fn subject_client(self, token: &ActiveToken) -> Option<ClientId> {
        partner(token).filter(|client| **client != self.client.client().id).cloned()
    }

    /// A token is never older than the one that it comes from, or what revoked earlier ones could reach it; nor than what
    /// revoked those of the caller's institution.
    fn earliest(self, now: Timestamp, token: &ActiveToken) -> Timestamp {
        let revoked = self.client.institution().and_then(|institution| institution.not_before);
        let next = revoked.map(|moment| Timestamp::from_seconds(moment.seconds().saturating_add(1)));
        now.max(token.issued_at).max(next.unwrap_or(now))
    }

    /// What the client that the token was issued to may still be granted, and what the caller's institution may.
    fn limits(self, token: &ActiveToken) -> Vec<ScopeSet> {
        let institution = self.client.institution().and_then(|institution| institution.scopes.clone());
        std::iter::once(token.client_scopes.clone()).chain(institution).collect()
    }
}

/// The client that a token is about.
fn partner(token: &ActiveToken) -> Option<&ClientId> {
    match &token.subject {
        TokenSubject::Itself => Some(&token.client),
        TokenSubject::Client(client) => Some(client),
        TokenSubject::User(_) => None,
    }
}

/// Who acts for the subject of the new token, the newest first. A client that narrows its own token is no new actor; one that
/// had a user's token, or whose token becomes a user's, has acted first of all.
fn actors(token: &ActiveToken, caller: &ClientId, is_bound: bool) -> Vec<ClientId> {
    if *caller == token.client && !is_bound {
        return token.actors.clone();
    }
    let first = match partner(token) {
        Some(partner) => is_bound.then_some(partner),
        None => token.actors.is_empty().then_some(&token.client),
    };
    let mut actors: Vec<ClientId> = token.actors.iter().chain(first).cloned().collect();
    if actors.first() != Some(caller) {
        actors.insert(0, caller.clone());
    }
    actors
}

fn refused((param, hint): (&'static str, &'static str)) -> OAuthError {
    OAuthError::new(ErrorKind::InvalidExchange).param(param).hint(hint)
}
