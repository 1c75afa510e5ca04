//! The master key: 32 random bytes outside the database, from which every other symmetric key is derived
//! (RFC 5869, HKDF-SHA-256).

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::MacKey;
use crate::clock::{Entropy, random};
use crate::secret::Secret;

/// Separates our derivations from those of any other program that is given the same key.
const SALT: &[u8] = b"countersign master key, version 1";
/// More than any well-formed file holds, so that a wrong path is not read to its end.
const MAX_FILE_LEN: u64 = 256;

/// What a key is derived for. Each purpose has a key of its own, so that nothing made for one is of use for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Digests of generated client secrets.
    Pepper,
    /// Sealing of private keys and second factors.
    Seal,
    /// Digests of opaque access tokens.
    TokenDigest,
    /// The verified-memo.
    VerifiedMemo,
    /// The public value by which a database recognises its master key.
    Check,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Pepper => b"pepper",
            Self::Seal => b"seal",
            Self::TokenDigest => b"token digest",
            Self::VerifiedMemo => b"verified memo",
            Self::Check => b"check",
        }
    }
}

/// The key above all keys. Without it, what was sealed stays sealed and no stored digest matches.
#[derive(Clone, Debug)]
pub struct MasterKey(Secret<[u8; 32]>);

impl MasterKey {
    /// Writes a new master key to `path`, readable by its owner only. A file that exists is left alone.
    pub fn create(path: &Path, entropy: &dyn Entropy) -> Result<Self, MasterKeyError> {
        let key = Self(Secret::new(random(entropy)));
        let text = Secret::new(format!("{}\n", URL_SAFE_NO_PAD.encode(key.0.expose())));
        let write = || {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
            file.write_all(text.expose().as_bytes())?;
            file.sync_all()
        };
        match write() {
            Ok(()) => Ok(key),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(MasterKeyError::Exists(path.into())),
            Err(source) => Err(MasterKeyError::Write { path: path.into(), source }),
        }
    }

    /// Reads the master key from a file that nobody else can open.
    pub fn load_file(path: &Path) -> Result<Self, MasterKeyError> {
        let unreadable = |source| MasterKeyError::Read { path: path.into(), source };
        let file = File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        let mode = metadata.permissions().mode() & 0o777;
        let reader = std::fs::metadata("/proc/self").ok().map(|process| process.uid());
        if is_exposed(mode, metadata.uid(), reader) {
            return Err(MasterKeyError::Exposed { path: path.into(), mode });
        }
        let mut text = String::new();
        let read = file.take(MAX_FILE_LEN).read_to_string(&mut text);
        let text = Secret::new(text);
        read.map_err(unreadable)?;
        Self::from_text(&format!("the file {}", path.display()), text.expose())
    }

    /// Reads the master key from text. `origin` says where it stands, for the error: `the variable COUNTERSIGN_MASTER_KEY`.
    pub fn from_text(origin: &str, text: &str) -> Result<Self, MasterKeyError> {
        let bytes = Secret::new(URL_SAFE_NO_PAD.decode(text.trim_end()).unwrap_or_default());
        match <[u8; 32]>::try_from(bytes.expose().as_slice()) {
            Ok(key) => Ok(Self(Secret::new(key))),
            Err(_) => Err(MasterKeyError::Malformed { origin: origin.into() }),
        }
    }

    /// The key for one purpose.
    pub fn derive(&self, purpose: Purpose) -> Secret<[u8; 32]> {
        hkdf(SALT, self.0.expose(), purpose.label())
    }

    /// A public value that tells master keys apart and gives nothing of them away.
    pub fn check_value(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.derive(Purpose::Check).expose())
    }
}

/// Can others than the reader and root open a file of this mode and owner? What root hands to a service through a group of
/// its own (systemd's credentials, an orchestrator's secrets) is as private as a file of the service's own.
fn is_exposed(mode: u32, owner: u32, reader: Option<u32>) -> bool {
    let handed_over = owner == 0 && reader.is_some_and(|reader| reader != 0);
    let private = if handed_over { 0o740 } else { 0o700 };
    mode & !private != 0
}

/// HKDF-SHA-256 for as many bytes as one block has. Written as the two HMACs that it then is, because they cannot fail.
fn hkdf(salt: &[u8], key: &[u8], info: &[u8]) -> Secret<[u8; 32]> {
    let pseudorandom = Secret::new(MacKey::from_bytes(salt).mac(&[key]));
    Secret::new(MacKey::new(&pseudorandom).mac(&[info, &[1]]))
}

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    #[error("the master key file {} can be opened by others than its owner (mode {mode:04o}): run `chmod 600 {}`", .path.display(), .path.display())]
    Exposed { path: PathBuf, mode: u32 },
    #[error("the master key file {} exists and is not overwritten: what was sealed under it would be lost; move it away first", .0.display())]
    Exists(PathBuf),
    #[error("the master key file {} cannot be read: {source}", .path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("the master key file {} cannot be written: {source}", .path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("{origin} does not hold a master key: that is 32 random bytes in base64url, 43 characters without padding")]
    Malformed { origin: String },
}

#[cfg(test)]
mod tests;
