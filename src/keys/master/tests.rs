use std::fs;

use super::*;
use crate::clock::SystemEntropy;

const TEXT: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

fn key() -> MasterKey {
    MasterKey::from_text("the test", TEXT).unwrap()
}

#[test]
fn a_created_file_is_private_and_loads_as_the_same_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.key");
    let created = MasterKey::create(&path, &SystemEntropy).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(&path).unwrap().len(), 44, "43 characters and a newline");
    assert_eq!(MasterKey::load_file(&path).unwrap().check_value(), created.check_value());
}

#[test]
fn an_existing_file_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.key");
    let first = MasterKey::create(&path, &SystemEntropy).unwrap();
    assert!(matches!(MasterKey::create(&path, &SystemEntropy), Err(MasterKeyError::Exists(_))));
    assert_eq!(MasterKey::load_file(&path).unwrap().check_value(), first.check_value());
}

#[test]
fn a_file_that_others_can_open_is_refused_with_the_mend() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.key");
    MasterKey::create(&path, &SystemEntropy).unwrap();
    for mode in [0o640, 0o604, 0o620, 0o601, 0o644, 0o666] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let error = MasterKey::load_file(&path).unwrap_err().to_string();
        let expected = format!(
            "the master key file {0} can be opened by others than its owner (mode {mode:04o}): run `chmod 600 {0}`",
            path.display()
        );
        assert_eq!(error, expected);
    }
    for mode in [0o600, 0o400] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        assert!(MasterKey::load_file(&path).is_ok(), "{mode:o}");
    }
}

#[test]
fn a_missing_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none");
    let error = MasterKey::load_file(&path).unwrap_err();
    assert!(matches!(&error, MasterKeyError::Read { source, .. } if source.kind() == io::ErrorKind::NotFound));
    assert!(error.to_string().starts_with(&format!("the master key file {} cannot be read: ", path.display())));
    let nowhere = folder.path().join("no/such/folder");
    assert!(matches!(MasterKey::create(&nowhere, &SystemEntropy), Err(MasterKeyError::Write { .. })));
}

#[test]
fn text_that_is_not_32_bytes_of_base64url_is_refused_without_being_repeated() {
    let long = format!("{TEXT}AA");
    let padded = format!("{TEXT}=");
    let leading = format!(" {TEXT}");
    let trailing_bits = format!("{}9", TEXT.strip_suffix('8').unwrap());
    for text in ["", "AAAA", "not base64!", &long, &padded, &leading, &trailing_bits] {
        let error = MasterKey::from_text("the variable KEY", text).unwrap_err().to_string();
        assert_eq!(
            error,
            "the variable KEY does not hold a master key: that is 32 random bytes in base64url, 43 characters without padding"
        );
    }
    assert_eq!(MasterKey::from_text("", &format!("{TEXT}\r\n")).unwrap().check_value(), key().check_value());
}

#[test]
fn every_purpose_has_a_key_of_its_own() {
    use Purpose::{Check, Pepper, Seal, TokenDigest, VerifiedMemo};
    let purposes = [Pepper, Seal, TokenDigest, VerifiedMemo, Check];
    let mut keys: Vec<[u8; 32]> = purposes.iter().map(|purpose| *key().derive(*purpose).expose()).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), purposes.len());
}

#[test]
fn derivation_is_hkdf() {
    use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
    struct Len;
    impl KeyType for Len {
        fn len(&self) -> usize {
            32
        }
    }
    let master: Vec<u8> = (0..32).collect();
    let mut expected = [0; 32];
    Salt::new(HKDF_SHA256, SALT).extract(&master).expand(&[b"seal"], Len).unwrap().fill(&mut expected).unwrap();
    assert_eq!(key().derive(Purpose::Seal).expose(), &expected);
}

#[test]
fn debug_shows_nothing() {
    assert_eq!(format!("{:?}", key()), "MasterKey([redacted])");
}

#[test]
fn a_file_is_exposed_to_whoever_else_can_open_it() {
    let exposed = |mode, owner, reader| is_exposed(mode, owner, Some(reader));
    assert!(!exposed(0o600, 1000, 1000) && !exposed(0o400, 1000, 1000));
    assert!(exposed(0o640, 1000, 1000) && exposed(0o604, 1000, 1000), "the service's own file");
    assert!(!exposed(0o440, 0, 1000) && !exposed(0o640, 0, 1000), "handed over by root through a group");
    assert!(exposed(0o444, 0, 1000) && exposed(0o460, 0, 1000), "readable by all, writable by the group");
    assert!(exposed(0o640, 0, 0), "root needs no group");
    assert!(is_exposed(0o640, 0, None), "in doubt, it is");
}
