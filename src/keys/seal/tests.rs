use super::*;
use crate::clock::SystemEntropy;

const CONTEXT: &str = "signing key/lc/2026-01";
const PLAINTEXT: &[u8] = b"the private half";

fn sealer(first_byte: u8) -> Sealer {
    let mut key = [7; 32];
    key[0] = first_byte;
    Sealer { key_encryption_key: Secret::new(key) }
}

fn sealed() -> Vec<u8> {
    sealer(0).seal(CONTEXT, PLAINTEXT, &SystemEntropy).unwrap()
}

#[test]
fn what_is_sealed_opens() {
    assert_eq!(sealer(0).open(CONTEXT, &sealed()).unwrap().expose(), PLAINTEXT);
    let empty = sealer(0).seal(CONTEXT, b"", &SystemEntropy).unwrap();
    assert!(sealer(0).open(CONTEXT, &empty).unwrap().expose().is_empty());
}

#[test]
fn a_sealed_object_has_the_documented_length_and_never_repeats() {
    assert_eq!(sealed().len(), 1 + WRAPPED_LEN + NONCE_LEN + PLAINTEXT.len() + TAG_LEN);
    assert_ne!(sealed(), sealed());
}

#[test]
fn no_byte_can_be_changed() {
    let sealed = sealed();
    for position in 0..sealed.len() {
        for bit in 0..8 {
            let mut changed = sealed.clone();
            changed[position] ^= 1 << bit;
            let expected = if position == 0 { SealError::UnknownVersion(changed[0]) } else { SealError::NotOpened };
            assert_eq!(sealer(0).open(CONTEXT, &changed).unwrap_err(), expected, "byte {position}, bit {bit}");
        }
    }
}

#[test]
fn no_byte_can_be_missing_or_added() {
    let sealed = sealed();
    for len in 0..sealed.len() {
        assert!(sealer(0).open(CONTEXT, &sealed[..len]).is_err(), "{len}");
    }
    assert_eq!(sealer(0).open(CONTEXT, &[]).unwrap_err(), SealError::Truncated);
    let longer = [sealed.as_slice(), &[0]].concat();
    assert_eq!(sealer(0).open(CONTEXT, &longer).unwrap_err(), SealError::NotOpened);
}

#[test]
fn another_place_does_not_open_it() {
    for context in ["signing key/lc/2026-02", "signing key/cr/2026-01", "", "signing key/lc/2026-01 "] {
        assert_eq!(sealer(0).open(context, &sealed()).unwrap_err(), SealError::NotOpened, "{context}");
    }
}

#[test]
fn another_master_key_does_not_open_it() {
    assert_eq!(sealer(1).open(CONTEXT, &sealed()).unwrap_err(), SealError::NotOpened);
}

#[test]
fn the_contents_of_two_objects_cannot_be_exchanged() {
    let (one, other) = (sealed(), sealed());
    let mixed = [&one[..1 + WRAPPED_LEN], &other[1 + WRAPPED_LEN..]].concat();
    assert_eq!(sealer(0).open(CONTEXT, &mixed).unwrap_err(), SealError::NotOpened);
}
