//! What a provisioning file says.

use crate::admin::service::{NewApi, NewClient, NewInstitution, NewRealm, NewUser};
use crate::config::SecretText;
use crate::secret::Secret;

/// All realms of a file, checked.
#[derive(Debug)]
pub struct Document {
    /// The name of the file, for what is said about its lines.
    pub(super) name: String,
    pub(super) realms: Vec<RealmEntry>,
}

/// Something with the line on which it begins.
#[derive(Debug)]
pub(super) struct Entry<T> {
    pub(super) line: usize,
    pub(super) what: T,
}

#[derive(Debug)]
pub(super) struct RealmEntry {
    pub(super) realm: Entry<NewRealm>,
    pub(super) apis: Vec<Entry<NewApi>>,
    pub(super) institutions: Vec<Entry<(NewInstitution, InstitutionExtras)>>,
    pub(super) clients: Vec<Entry<(NewClient, ClientExtras)>>,
    pub(super) users: Vec<Entry<(NewUser, UserExtras)>>,
}

/// What stands in a table beside the thing itself.
pub(super) trait Extras: Default + serde::de::DeserializeOwned {
    const NAMES: &'static [&'static str];
}

/// An API is described by itself alone.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct NoExtras {}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct InstitutionExtras {
    pub(super) disabled: bool,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct ClientExtras {
    pub(super) secret: Option<ReadSecret>,
    pub(super) disabled: bool,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct UserExtras {
    pub(super) password: Option<ReadSecret>,
    pub(super) totp_secret: Option<ReadSecret>,
    pub(super) blocked: bool,
}

impl Extras for NoExtras {
    const NAMES: &'static [&'static str] = &[];
}

impl Extras for InstitutionExtras {
    const NAMES: &'static [&'static str] = &["disabled"];
}

impl Extras for ClientExtras {
    const NAMES: &'static [&'static str] = &["secret", "disabled"];
}

impl Extras for UserExtras {
    const NAMES: &'static [&'static str] = &["password", "totp_secret", "blocked"];
}

/// A secret in a file: `"the secret"`, `{ file = "PATH" }` or `{ env = "NAME" }`, read from there.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(try_from = "SecretText")]
pub(super) struct ReadSecret(pub(super) Secret<String>);

impl TryFrom<SecretText> for ReadSecret {
    type Error = String;

    fn try_from(text: SecretText) -> Result<Self, String> {
        text.read().map(Self)
    }
}
