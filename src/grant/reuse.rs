//! The reuse window: within it, whoever asks the same again is given the same token, for as long as all that the token was made
//! of is as it was. Off, unless a client or its APIs have one (`docs/guides/token-reuse.md`).

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::cache::{Moment, ReuseKey, SameRules, Thing};
use crate::model::{Facts, IssuePolicy, Issued, Reuse, Timestamp, TokenId};
use crate::token::{self, Granted};

/// A window in force for one request.
#[derive(Debug)]
pub struct Window {
    length: Duration,
    key: ReuseKey,
}

impl Window {
    pub fn of(app: &App, policy: &Arc<IssuePolicy>, granted: &Granted) -> Option<Self> {
        let length = granted.reuse.filter(|_| app.config.cache.reusable_tokens > 0)?;
        let Facts { realm, client, scope, audience, .. } = &granted.facts;
        let key = ReuseKey {
            realm: realm.clone(),
            client: client.id.clone(),
            scope: scope.to_string(),
            audience: audience.clone(),
            algorithm: granted.algorithm,
            ttl: granted.ttl,
            rules: SameRules(policy.clone()),
        };
        Some(Self { length, key })
    }

    /// When another token is due: at the end of the window, or once the half of this one's life is over.
    fn end(&self, issued: &Issued) -> Timestamp {
        let life = issued.expires_at.since(issued.issued_at);
        issued.issued_at.after(self.length.min(life / 2))
    }
}

/// The token that was issued before for the same, if it is still what would be made now.
pub fn look(app: &App, window: Option<&Window>, granted: &Granted) -> Option<Issued> {
    let window = window?;
    let kept = app.caches.reusable.get(&window.key, app.senses())?;
    let (now, end) = (app.now(), window.end(&kept));
    // What this request knows of client and institution may be newer than what this node has heard of them.
    if kept.facts != granted.facts || !(kept.issued_at..end).contains(&now) {
        return None;
    }
    Some(Issued {
        expires_in: i64::try_from(kept.expires_at.since(now).as_secs()).unwrap_or(i64::MAX),
        scope_differs: granted.scope_differs,
        reuse: Some(Reuse { age: Some(now.since(kept.issued_at)), next: end.since(now) }),
        ..(*kept).clone()
    })
}

/// Keeps the token for whoever asks the same again, unless anything has changed since `moment`, when nothing that it was made
/// of had been read yet.
pub fn keep(app: &App, window: Option<Window>, moment: Moment, issued: Issued) -> Issued {
    let Some(window) = window else { return issued };
    let issued = Issued { reuse: Some(Reuse { age: None, next: window.end(&issued).since(app.now()) }), ..issued };
    let id = token::id(app, &issued);
    let watch = app.caches.freshness.watch(moment, dependencies(&issued.facts, &id));
    app.caches.reusable.put(window.key, Arc::new(issued.clone()), watch);
    issued
}

/// Everything that a change of can end the token, or make another one of it.
fn dependencies<'a>(facts: &'a Facts, id: &'a TokenId) -> impl Iterator<Item = Thing<'a>> {
    let Facts { realm, client, institution, .. } = facts;
    let institution = institution.as_ref().map(|institution| Thing::Institution(realm, &institution.id));
    [Thing::Realm(realm), Thing::Client(realm, &client.id), Thing::Token(realm, id)].into_iter().chain(institution)
}
