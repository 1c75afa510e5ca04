use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::*;

fn memo(capacity: usize) -> Memo {
    Memo::new(&MasterKey::from_text("the test", &"A".repeat(43)).unwrap(), capacity)
}

fn id(name: &str) -> SecretId {
    SecretId::new(name)
}

/// Looks at the memo for a client with the one secret `s`, version 1, and three tries.
fn look(memo: &Memo, client: &str, presented: &[u8]) -> Recognition {
    memo.recognise((&RealmId::new("lc"), &ClientId::new(client)), &[(&id("s"), 1)], presented, Some(3))
}

fn recognised(recognition: &Recognition) -> Option<&str> {
    match recognition {
        Recognition::Recognised(id) => Some(id.as_str()),
        Recognition::NotRecognised(_) => None,
    }
}

fn is_open(recognition: &Recognition) -> bool {
    matches!(recognition, Recognition::NotRecognised(Some(_)))
}

#[test]
fn what_was_verified_is_recognised() {
    let memo = memo(100);
    assert!(matches!(look(&memo, "c", b"right"), Recognition::NotRecognised(None)));
    memo.remember(&id("s"), 1, b"right");
    assert_eq!(recognised(&look(&memo, "c", b"right")), Some("s"));
    for wrong in [&b"wrong"[..], b"Right", b"righ", b"right ", b""] {
        assert_eq!(recognised(&look(&memo, "c", wrong)), None);
    }
}

#[test]
fn the_secret_that_matches_is_named() {
    let memo = memo(100);
    memo.remember(&id("old"), 4, b"before");
    memo.remember(&id("new"), 7, b"after");
    let (realm, client) = (RealmId::new("lc"), ClientId::new("c"));
    let look = |presented| memo.recognise((&realm, &client), &[(&id("old"), 4), (&id("new"), 7)], presented, None);
    assert_eq!(recognised(&look(b"before")), Some("old"));
    assert_eq!(recognised(&look(b"after")), Some("new"));
    assert_eq!(recognised(&look(b"neither")), None);
}

#[test]
fn another_version_is_another_secret() {
    let memo = memo(100);
    memo.remember(&id("s"), 2, b"right");
    assert!(matches!(look(&memo, "c", b"right"), Recognition::NotRecognised(None)));
    memo.remember(&id("s"), 1, b"right");
    assert_eq!(recognised(&look(&memo, "c", b"right")), Some("s"));
}

#[test]
fn a_mac_is_bound_to_its_row() {
    let memo = memo(100);
    let macs = [
        memo.mac(&id("s"), 1, b"right"),
        memo.mac(&id("s"), 2, b"right"),
        memo.mac(&id("t"), 1, b"right"),
        memo.mac(&id("s"), 1, b"wrong"),
        memo.mac(&id(""), 1, b"right"),
    ];
    for (index, mac) in macs.iter().enumerate() {
        assert!(!macs[index + 1..].contains(mac));
    }
}

#[test]
fn with_all_tries_open_even_the_right_secret_is_not_compared() {
    let memo = memo(100);
    memo.remember(&id("s"), 1, b"right");
    let first = look(&memo, "c", b"wrong 1");
    let second = look(&memo, "c", b"wrong 2");
    assert_eq!(recognised(&look(&memo, "c", b"right")), Some("s"), "two are open, and a match leaves none behind");
    let third = look(&memo, "c", b"wrong 3");
    assert!([&first, &second, &third].into_iter().all(is_open));
    assert!(matches!(look(&memo, "c", b"right"), Recognition::NotRecognised(None)), "the gate is shut");
    assert_eq!(recognised(&look(&memo, "other", b"right")), Some("s"), "another client has a gate of its own");
    drop(second);
    assert_eq!(recognised(&look(&memo, "c", b"right")), Some("s"));
    drop((first, third));
    assert!(memo.open.of(&(RealmId::new("lc"), ClientId::new("c"))).is_empty());
}

#[test]
fn a_client_of_the_same_name_in_another_realm_has_a_gate_of_its_own() {
    let memo = memo(100);
    memo.remember(&id("s"), 1, b"right");
    let _open: Vec<_> = (0..3).map(|_| look(&memo, "c", b"wrong")).collect();
    let elsewhere = memo.recognise((&RealmId::new("cr"), &ClientId::new("c")), &[(&id("s"), 1)], b"right", Some(3));
    assert_eq!(recognised(&elsewhere), Some("s"));
}

#[test]
fn a_client_without_tries_is_not_compared_and_one_that_never_locks_always_is() {
    let memo = memo(100);
    memo.remember(&id("s"), 1, b"right");
    let (realm, client) = (RealmId::new("lc"), ClientId::new("c"));
    let look = |presented, left| memo.recognise((&realm, &client), &[(&id("s"), 1)], presented, left);
    assert!(matches!(look(b"right", Some(0)), Recognition::NotRecognised(None)));
    let open: Vec<_> = (0..100).map(|_| look(b"wrong", None)).collect();
    assert!(open.iter().all(is_open));
    assert_eq!(recognised(&look(b"right", None)), Some("s"));
}

#[test]
fn parallel_guesses_are_compared_no_more_often_than_there_are_tries() {
    const GUESSES: usize = 64;
    let memo = memo(100);
    memo.remember(&id("s"), 1, b"right");
    let (compared, barrier) = (AtomicUsize::new(0), Barrier::new(GUESSES));
    thread::scope(|scope| {
        for guess in 0..GUESSES {
            let (memo, compared, barrier) = (&memo, &compared, &barrier);
            scope.spawn(move || {
                let looked = look(memo, "c", format!("guess {guess}").as_bytes());
                compared.fetch_add(usize::from(is_open(&looked)), Ordering::SeqCst);
                // Nobody's try is counted before everybody has looked.
                barrier.wait();
            });
        }
    });
    assert_eq!(compared.load(Ordering::SeqCst), 3);
    assert_eq!(recognised(&look(&memo, "c", b"right")), Some("s"), "all are counted now");
}

#[test]
fn the_memo_never_grows_past_its_capacity() {
    let memo = memo(32);
    let secrets: Vec<SecretId> = (0..1000).map(|number| SecretId::new(format!("secret {number}"))).collect();
    for secret in &secrets {
        memo.remember(secret, 1, b"right");
        memo.remember(secret, 2, b"right");
        assert!(memo.knows(secret, 2));
    }
    let known = secrets.iter().filter(|secret| memo.knows(secret, 2)).count();
    assert!((1..=32).contains(&known), "{known}");
}

#[test]
fn a_memo_without_capacity_remembers_nothing() {
    let memo = memo(0);
    memo.remember(&id("s"), 1, b"right");
    assert!(matches!(look(&memo, "c", b"right"), Recognition::NotRecognised(None)));
}

#[test]
fn debug_shows_no_secret() {
    let memo = memo(1000);
    memo.remember(&id("s"), 1, b"hunter2");
    assert!(!format!("{memo:?}").contains("hunter2"));
}
