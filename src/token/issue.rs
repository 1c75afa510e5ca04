//! Makes a token of what was decided: a signed JWT, or a random handle that is stored by its digest.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::claims::{self, Moment};
use super::read::handle_id;
use super::sign::sign;
use crate::app::App;
use crate::clock::{random, random_uuid};
use crate::credential::DigestDomain;
use crate::error::{ErrorKind, OAuthError};
use crate::model::{Algorithm, Facts, GrantKind, IssuePolicy, Issued, StoredToken, Timestamp, TokenFormat, TokenId};
use crate::realms::RealmContext;
use crate::secret::Secret;
use crate::store::tokens;

/// Room for the claims of a usual token, so that their buffer is allocated once.
const USUAL_CLAIMS: usize = 1024;

/// What was decided about a token.
#[derive(Debug)]
pub struct Granted {
    pub grant: GrantKind,
    pub algorithm: Algorithm,
    /// How long it will live.
    pub ttl: Duration,
    /// Of an exchanged token: the life that its own must lie in.
    pub within: Option<Life>,
    /// For how long whoever asks the same is given the same token; `None`: each time another one.
    pub reuse: Option<Duration>,
    /// Does the granted scope differ from the requested one?
    pub scope_differs: bool,
    pub facts: Facts,
}

/// From one moment to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    pub from: Timestamp,
    pub until: Timestamp,
}

impl Granted {
    /// First second and last moment. A JWT counts in whole seconds; so does every token, or `expires_in` would promise a
    /// fraction too much.
    fn life(&self, now: Timestamp) -> Result<Life, OAuthError> {
        let from = self.within.map_or(now, |within| within.from);
        let issued_at = Timestamp::from_seconds(first_second(&self.facts).max(from.seconds()));
        let left = self.within.map_or(Duration::MAX, |within| within.until.since(issued_at.max(from)));
        if left.as_secs() == 0 {
            return Err(OAuthError::new(ErrorKind::InvalidExchange).hint("The subject token is about to expire"));
        }
        let seconds = self.ttl.min(left).as_secs();
        Ok(Life { from: issued_at, until: issued_at.after(Duration::from_secs(seconds)) })
    }
}

/// Makes the token. Nothing is stored yet.
pub fn issue(app: &App, realm: &RealmContext, policy: &IssuePolicy, granted: Granted) -> Result<Issued, OAuthError> {
    let Life { from: issued_at, until: expires_at } = granted.life(app.now())?;
    let Granted { grant, algorithm, scope_differs, facts, .. } = granted;
    let pending = facts.client.requires_mfa;
    let jti = (policy.format == TokenFormat::Jwt).then(|| random_uuid(&*app.entropy));
    let access_token = match (policy.format, jti) {
        (_, Some(_)) if pending => {
            let detail = "a token that waits for a step-up cannot be a JWT, which no one would ask whether it still waits";
            return Err(OAuthError::new(ErrorKind::MfaRequired).detail(detail));
        }
        (_, Some(jti)) => {
            let mut claims = Vec::with_capacity(USUAL_CLAIMS);
            let moment = Moment { jti: &jti.to_string(), issued_at, expires_at };
            claims::write(&mut claims, &policy.claims, &facts, moment);
            sign(app, realm, algorithm, &policy.typ, &claims)?
        }
        (TokenFormat::Uuid4, None) => random_uuid(&*app.entropy).to_string(),
        (_, None) => URL_SAFE_NO_PAD.encode(random::<32>(&*app.entropy)),
    };
    let expires_in = expires_at.seconds() - issued_at.seconds();
    Ok(Issued {
        access_token: Secret::new(access_token),
        format: policy.format,
        jti,
        grant,
        expires_in,
        issued_at,
        expires_at,
        scope_differs,
        pending,
        reuse: None,
        facts,
    })
}

/// By what the token is revoked: its `jti`, or what a handle's digest makes.
pub fn id(app: &App, issued: &Issued) -> TokenId {
    issued.jti.map_or_else(|| handle_id(&digest(app, issued)), TokenId::new)
}

fn digest(app: &App, issued: &Issued) -> [u8; 32] {
    app.credentials.digest(DigestDomain::AccessToken, issued.access_token.expose().as_bytes())
}

/// The first second in which a token is issued after every one that was revoked: right after a revocation it is the next one,
/// or the token would pass for one of before.
fn first_second(facts: &Facts) -> i64 {
    let institution = facts.institution.as_ref().and_then(|institution| institution.not_before);
    let user = facts.user.as_ref().and_then(|user| user.not_before);
    let moments = [facts.client.not_before, institution, user];
    moments.into_iter().flatten().map(|moment| moment.seconds().saturating_add(1)).max().unwrap_or(i64::MIN)
}

/// Stores what must be found again. A JWT needs no row: it carries all that is known of it.
pub async fn commit(app: &App, issued: &Issued) -> Result<(), OAuthError> {
    if issued.format == TokenFormat::Jwt {
        return Ok(());
    }
    let Issued { facts, .. } = issued;
    let row = StoredToken {
        realm: facts.realm.clone(),
        client: facts.client.id.clone(),
        user: facts.user.as_ref().map(|user| user.id.clone()),
        subject_client: facts.subject_client.clone(),
        actors: facts.actors.clone(),
        scopes: facts.scope.clone(),
        audience: facts.audience.clone(),
        issued_at: issued.issued_at,
        expires_at: issued.expires_at,
        pending_at: issued.pending.then_some(issued.issued_at),
    };
    let stored = Box::pin(async {
        let mut tx = app.db.begin().await?;
        tokens::add(&mut tx.conn(), &digest(app, issued), &row).await?;
        tx.commit().await
    });
    Ok(stored.await?)
}
