//! Revocation: a client ends a token that was issued to it (RFC 7009).
//!
//! The answer is the same for every token, so that it tells nothing of one that is not the client's own. Tokens that were
//! exchanged for the one that ends are tokens of their own, and live on.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::response::Response;

use super::query::{self, Asked, Question};
use crate::app::App;
use crate::audit::{self, AuditEvent, Detail, Record};
use crate::client_auth::Desk;
use crate::error::OAuthError;
use crate::guard::Caller;
use crate::model::{TokenId, TokenSubject};
use crate::store::changes::{self, Change, ChangeKind};
use crate::store::revocations::{self, RevokedToken};
use crate::token::read::{self, Read};

/// `/oauth2/revoke`.
pub async fn revoke_token(State(app): State<Arc<App>>, Extension(caller): Extension<Caller>, request: Request) -> Response {
    query::answer(&app, &caller, Question::Revocation, request).await
}

/// Ends the token, if it is the client's and has not ended by itself (RFC 7009, section 2.2). What may yet become good is ended
/// too: a token that waits for a step-up, or one of an account that is blocked for a time.
pub(super) async fn revoke(desk: &Desk<'_>, asked: &Asked) -> Result<(), OAuthError> {
    let found = read::read(desk.app, &asked.realm, asked.token.expose()).await;
    let Some(token) = query::unless_inactive(found)? else { return Ok(()) };
    if token.expires_at <= desk.app.now() {
        return Ok(());
    }
    if token.client == asked.client.client().id {
        return end(desk, asked, token).await;
    }
    let record = desk.record(AuditEvent::RevocationRefused, &asked.about());
    desk.app.audit.record_refusal(Record { detail: about(token.id), ..record });
    Ok(())
}

/// The denylist, the word to the other nodes and the record: all of it, or nothing.
async fn end(desk: &Desk<'_>, asked: &Asked, token: Read) -> Result<(), OAuthError> {
    let (app, now, realm) = (desk.app, desk.app.now(), asked.realm.id().clone());
    let change = Change { realm: Some(realm.clone()), kind: ChangeKind::Token, id: Some(token.id.to_string()) };
    let user = if let TokenSubject::User(user) = token.subject { Some(user) } else { None };
    let record = Record { user, detail: about(token.id.clone()), ..desk.record(AuditEvent::TokenRevoked, &asked.about()) };
    let revoked = RevokedToken { realm, id: token.id, expires_at: token.expires_at };
    let mut tx = app.db.begin().await?;
    if revocations::add(&mut tx.conn(), &revoked, now).await? {
        changes::append(&mut tx.conn(), &change, now).await?;
        audit::record_in(&mut tx.conn(), &record).await?;
    }
    tx.commit().await?;
    // Also where it was revoked before, perhaps on another node, of which this one may not have heard yet.
    app.forget(&change);
    Ok(())
}

fn about(token: TokenId) -> Detail {
    Detail { jti: Some(token), ..Detail::default() }
}
