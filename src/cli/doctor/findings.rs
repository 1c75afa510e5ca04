//! What the doctor finds, and what the rows of a realm tell it.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use crate::admin::Span;
use crate::model::{Algorithm, Api, ClientId, KeyRecord, KeyState, Realm, Timestamp};
use crate::rules::Requirement;

/// A key that has signed for longer deserves a successor (NIST SP 800-57, part 1, section 5.3.6).
const OLD: Duration = Duration::from_secs(400 * 86_400);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grade {
    Ok,
    Warn,
    Fail,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) grade: Grade,
    about: String,
    what: String,
    mend: Option<String>,
}

impl Finding {
    pub(super) fn ok(about: impl Into<String>, what: impl fmt::Display) -> Self {
        Self { grade: Grade::Ok, about: about.into(), what: what.to_string(), mend: None }
    }

    pub(super) fn warn(about: impl Into<String>, what: impl fmt::Display, mend: impl Into<String>) -> Self {
        Self { grade: Grade::Warn, about: about.into(), what: what.to_string(), mend: Some(mend.into()) }
    }

    pub(super) fn fail(about: impl Into<String>, what: impl fmt::Display, mend: impl Into<String>) -> Self {
        Self { grade: Grade::Fail, about: about.into(), what: what.to_string(), mend: Some(mend.into()) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grade = match self.grade {
            Grade::Ok => "ok",
            Grade::Warn => "warn",
            Grade::Fail => "FAIL",
        };
        write!(f, "{grade:4}  {}: {}", self.about, self.what)?;
        self.mend.as_ref().map_or(Ok(()), |mend| write!(f, "; {mend}"))
    }
}

/// What the rows of a realm tell.
pub(super) fn of_realm(realm: &Realm, apis: &[Api], keys: &[KeyRecord], now: Timestamp) -> Vec<Finding> {
    let about = format!("realm {}", realm.id);
    let needed: BTreeSet<Algorithm> = apis.iter().filter_map(|api| api.algorithm).chain([realm.algorithm]).collect();
    let mut findings = Vec::new();
    for algorithm in needed {
        let signs = |key: &&KeyRecord| key.algorithm == algorithm && key.state == KeyState::Active;
        findings.push(match keys.iter().find(signs) {
            Some(key) => of_active(&about, key, now),
            None => {
                let mend = format!("run `countersign key prepare --realm {} --alg {algorithm}`", realm.id);
                Finding::fail(&about, format_args!("no active {algorithm} key, so it issues no {algorithm} token"), mend)
            }
        });
    }
    let outlived = |key: &&KeyRecord| key.grace_at.is_some_and(|at| at.after(realm.max_token_ttl) <= now);
    for key in keys.iter().filter(|key| key.state == KeyState::Grace).filter(outlived) {
        let mend = format!("run `countersign key retire --realm {} {}`", realm.id, key.kid);
        findings.push(Finding::warn(&about, format_args!("key {} is still published although nothing needs it", key.kid), mend));
    }
    if keys.iter().any(|key| key.created_at > now) {
        let mend = "set the clock: tokens would be dated wrongly";
        findings.push(Finding::fail(&about, "a key is from the future, so this machine's clock is behind", mend));
    }
    findings
}

/// A resource file that lets nobody through, since no token is of its realm.
pub(super) fn of_unknown_realm(rule: &Requirement, realms: &[Realm]) -> Option<Finding> {
    let is_there = realms.iter().any(|realm| realm.id == rule.realm);
    let what = format!("a file for {} names the realm `{}`, which does not exist", rule.audience, rule.realm);
    (!is_there).then(|| Finding::fail("resource files", what, "create the realm, or mend the file's `realm`"))
}

/// A resource file that lets nobody through, since no token is for its API.
pub(super) fn of_unknown_api(rule: &Requirement, realm: &Realm, apis: &[Api]) -> Option<Finding> {
    let is_there = rule.realm != realm.id || apis.iter().any(|api| api.audience == rule.audience);
    let what = format!("a file names the API {}, which realm {} does not have", rule.audience, realm.id);
    (!is_there).then(|| Finding::fail("resource files", what, "add the API to the realm, or mend the file's `audience`"))
}

/// An API is served by a client that is not there: whoever creates one of that id may ask about the API's tokens.
pub(super) fn of_unknown_owner(realm: &Realm, api: &Api, owner: &ClientId) -> Finding {
    let what = format!("the API {} is owned by `{}`, which is no client", api.audience, owner.as_str().escape_debug());
    Finding::warn(format!("realm {}", realm.id), what, "create that client, or take it out of the API's `owners`")
}

/// The API's tokens are handed out again.
pub(super) fn of_reuse(realm: &Realm, api: &Api) -> Option<Finding> {
    let window = Span(api.token_reuse?);
    let what = format!("a token for {} is handed out again for {window}; revoking it ends it for all who share it", api.audience);
    Some(Finding::ok(format!("realm {}", realm.id), what))
}

fn of_active(about: &str, key: &KeyRecord, now: Timestamp) -> Finding {
    let signs_for = key.activated_at.map_or(Duration::ZERO, |at| now.since(at));
    let days = signs_for.as_secs() / 86_400;
    let what = format!("{} key {} signs for {days} days", key.algorithm, key.kid);
    if signs_for > OLD {
        let mend = format!("prepare its successor: `countersign key prepare --realm {} --alg {}`", key.realm, key.algorithm);
        Finding::warn(about, what, mend)
    } else {
        Finding::ok(about, what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{KeyId, LockoutPolicy, RealmId, ScopeSet, Unlock};

    const DAY: Duration = Duration::from_secs(86_400);

    fn realm() -> Realm {
        Realm {
            id: RealmId::new("lc"),
            issuer: None,
            host: None,
            algorithm: Algorithm::Rs256,
            lockout: LockoutPolicy { threshold: 3, unlock: Unlock::Manual },
            max_token_ttl: DAY,
            jwks_max_age: DAY,
            created_at: day(0),
        }
    }

    fn day(count: u32) -> Timestamp {
        Timestamp::from_millis(0).after(DAY * count)
    }

    fn key(kid: &str, state: KeyState) -> KeyRecord {
        let reached = |needed: KeyState| (state >= needed).then(|| day(1));
        KeyRecord {
            realm: RealmId::new("lc"),
            kid: KeyId::new(kid),
            algorithm: Algorithm::Rs256,
            state,
            public_jwk: String::new(),
            sealed: Vec::new(),
            created_at: day(1),
            published_at: day(1),
            activated_at: reached(KeyState::Active),
            grace_at: reached(KeyState::Grace),
            retired_at: reached(KeyState::Retired),
        }
    }

    fn lines(apis: &[Api], keys: &[KeyRecord], now: Timestamp) -> Vec<String> {
        of_realm(&realm(), apis, keys, now).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn a_realm_needs_a_key_for_each_of_its_algorithms() {
        let api = Api {
            audience: "https://api".into(),
            scopes: ScopeSet::default(),
            ttl: None,
            token_reuse: None,
            algorithm: Some(Algorithm::EdDsa),
            owners: Vec::new(),
        };
        let found = lines(&[api], &[key("k1", KeyState::Active)], day(3));
        assert_eq!(
            found,
            [
                "ok    realm lc: RS256 key k1 signs for 2 days",
                "FAIL  realm lc: no active EdDSA key, so it issues no EdDSA token; run `countersign key prepare --realm lc --alg EdDSA`",
            ]
        );
    }

    #[test]
    fn old_and_outlived_keys_are_told() {
        let found = lines(&[], &[key("k0", KeyState::Grace), key("k1", KeyState::Active)], day(500));
        assert!(found[0].starts_with("warn  realm lc: RS256 key k1 signs for 499 days; prepare"), "{found:?}");
        assert!(found[1].contains("key k0 is still published"), "{found:?}");
    }

    #[test]
    fn a_clock_that_is_behind_is_told() {
        let found = lines(&[], &[key("k1", KeyState::Active)], day(0));
        assert!(found.iter().any(|line| line.starts_with("FAIL") && line.contains("clock is behind")), "{found:?}");
    }
}
