use super::*;
use crate::model::{Algorithm, LockoutPolicy, RealmId, Unlock};

/// The cache time of the JWKS is 300 s, the longest token life 3600 s.
fn realm() -> Realm {
    Realm {
        id: RealmId::new("lc"),
        issuer: None,
        host: None,
        algorithm: Algorithm::Rs256,
        lockout: LockoutPolicy { threshold: 3, unlock: Unlock::Manual },
        max_token_ttl: Duration::from_secs(3600),
        jwks_max_age: Duration::from_secs(300),
        created_at: at(0),
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

/// A key that was created at 100, published at 1000, active at 2000, in grace at 3000 and retired at 9000 s, as far as
/// `state` goes.
fn key(state: KeyState) -> KeyRecord {
    let reached = |step, seconds| (state >= step).then(|| at(seconds));
    KeyRecord {
        realm: RealmId::new("lc"),
        kid: KeyId::new("k1"),
        algorithm: Algorithm::Rs256,
        state,
        public_jwk: String::new(),
        sealed: Vec::new(),
        created_at: at(100),
        published_at: at(1000),
        activated_at: reached(KeyState::Active, 2000),
        grace_at: reached(KeyState::Grace, 3000),
        retired_at: reached(KeyState::Retired, 9000),
    }
}

#[test]
fn a_key_signs_once_it_was_published_for_twice_the_cache_time() {
    let key = key(KeyState::Prepublished);
    let refusal = activate(&key, Timestamp::from_millis(1_599_999), &realm(), Wait::Observe).unwrap_err();
    let left = Duration::from_millis(1);
    assert_eq!(refusal, KeyRefusal::TooEarly { kid: key.kid.clone(), state: key.state, possible_at: at(1600), left });
    assert_eq!(refusal.to_string(), "the key `k1` cannot leave the state `prepublished` for another 1 s");
    let expected = Transition { to: KeyState::Active, at: at(1600) };
    assert_eq!(activate(&key, at(1600), &realm(), Wait::Observe), Ok(expected));
}

#[test]
fn a_key_retires_once_its_last_token_has_expired() {
    let key = key(KeyState::Grace);
    let refusal = retire(&key, at(6591), &realm(), Wait::Observe).unwrap_err();
    assert_eq!(refusal.to_string(), "the key `k1` cannot leave the state `grace` for another 10 s");
    assert_eq!(retire(&key, at(6601), &realm(), Wait::Observe), Ok(Transition { to: KeyState::Retired, at: at(6601) }));
}

#[test]
fn a_waived_wait_is_no_wait() {
    let activated = activate(&key(KeyState::Prepublished), at(1001), &realm(), Wait::Waive);
    assert_eq!(activated, Ok(Transition { to: KeyState::Active, at: at(1001) }));
    let retired = retire(&key(KeyState::Grace), at(3001), &realm(), Wait::Waive);
    assert_eq!(retired, Ok(Transition { to: KeyState::Retired, at: at(3001) }));
}

#[test]
fn a_superseded_key_goes_into_grace_at_once() {
    assert_eq!(supersede(&key(KeyState::Active), at(2001)), Ok(Transition { to: KeyState::Grace, at: at(2001) }));
}

#[test]
fn every_step_has_one_state_to_start_from() {
    let late = at(1_000_000);
    for state in KeyState::ALL {
        for wait in [Wait::Observe, Wait::Waive] {
            let steps = [
                (KeyState::Prepublished, activate(&key(*state), late, &realm(), wait)),
                (KeyState::Active, supersede(&key(*state), late)),
                (KeyState::Grace, retire(&key(*state), late, &realm(), wait)),
            ];
            for (needed, step) in steps {
                if *state == needed {
                    assert_eq!(step.unwrap().at, late);
                } else {
                    assert_eq!(step, Err(KeyRefusal::WrongState { kid: KeyId::new("k1"), state: *state, needed }));
                }
            }
        }
    }
}

#[test]
fn a_clock_that_stepped_back_makes_no_inconsistent_row() {
    let early = at(1);
    assert_eq!(activate(&key(KeyState::Prepublished), early, &realm(), Wait::Waive).unwrap().at, at(1000));
    assert_eq!(supersede(&key(KeyState::Active), early).unwrap().at, at(2000));
    assert_eq!(retire(&key(KeyState::Grace), early, &realm(), Wait::Waive).unwrap().at, at(3000));
}

#[test]
fn a_row_that_contradicts_its_state_goes_nowhere() {
    for state in KeyState::ALL {
        assert_eq!(key(*state).check(), Ok(()));
        let whole = key(*state);
        let mut broken = vec![KeyRecord { created_at: at(1001), ..whole.clone() }];
        for other in KeyState::ALL.iter().filter(|other| *other != state) {
            broken.push(KeyRecord { state: *other, ..whole.clone() });
        }
        if *state >= KeyState::Active {
            broken.push(KeyRecord { activated_at: None, ..whole.clone() });
            broken.push(KeyRecord { activated_at: Some(at(999)), ..whole.clone() });
        }
        if *state >= KeyState::Grace {
            broken.push(KeyRecord { grace_at: Some(at(1999)), ..whole.clone() });
        }
        for row in broken {
            let inconsistent = row.check().unwrap_err();
            assert_eq!(activate(&row, at(9999), &realm(), Wait::Waive), Err(KeyRefusal::Inconsistent(inconsistent)));
        }
    }
}
