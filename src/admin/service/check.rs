//! What names, ids and addresses may look like: the same wherever they come from.

use super::error::Invalid;
use crate::model::{ScopeSet, User};
use crate::secret::Secret;

const MAX_ID: usize = 128;
const MAX_KID: usize = 256;
const MAX_NAME: usize = 200;
/// RFC 5321, section 4.5.3.1.3, less the angle brackets.
const MAX_EMAIL: usize = 254;
/// What a token request may ask for, so that no client holds what it could not ask for.
const MAX_SCOPES: usize = 4096;
/// 128 bits of a digest, in base64url.
const HANDLE_ID: usize = 22;
const CHOSEN_SECRET: std::ops::RangeInclusive<usize> = 8..=512;

/// Collects the faults of one thing.
#[derive(Debug, Default)]
pub(super) struct Checks(Vec<Invalid>);

impl Checks {
    /// Notes a fault where `holds` is false.
    pub(super) fn require(&mut self, holds: bool, field: &'static str, problem: impl Into<String>) {
        if !holds {
            self.0.push(Invalid::new(field, problem));
        }
    }

    pub(super) fn faults(self) -> Vec<Invalid> {
        self.0
    }

    /// Part of paths and log lines, so it is kept plain.
    pub(super) fn realm_name(&mut self, id: &str) {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = (1..=63).contains(&id.len()) && id.bytes().all(plain) && !id.starts_with('-');
        self.require(fits, "name", "a realm's name is 1 to 63 characters of `a-z`, `0-9` and `-`");
    }

    /// RFC 6749, appendix A.1, less two characters: the blank, which nobody sees, and the colon, which would end the id in
    /// HTTP Basic (RFC 7617, section 2).
    pub(super) fn client_id(&mut self, field: &'static str, id: &str) {
        let fits = (1..=MAX_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':');
        self.require(fits, field, format!("a client's id is 1 to {MAX_ID} printable ASCII characters without blanks and `:`"));
    }

    pub(super) fn user_id(&mut self, id: &str) {
        let fits = (1..=MAX_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
        self.require(fits, "id", format!("a user's id is 1 to {MAX_ID} printable ASCII characters without blanks"));
    }

    /// Any text that a partner's system may use already; in the header of every token, so it is kept short.
    pub(super) fn key_id(&mut self, kid: &str) {
        let fits = (1..=MAX_KID).contains(&kid.len()) && !kid.chars().any(char::is_control);
        self.require(fits, "kid", format!("a key's name is 1 to {MAX_KID} bytes, none of them a control character"));
    }

    pub(super) fn institution_id(&mut self, id: &str) {
        let fits = uuid::Uuid::try_parse(id).is_ok_and(|uuid| uuid.to_string() == id);
        self.require(fits, "id", "an institution's id is a UUID in lower case with hyphens");
    }

    /// The `jti` of a JWT, or what stands for one where a token is none: no token fits, so that none pasted by mistake is kept.
    pub(super) fn token_id(&mut self, id: &str) {
        let of_jwt = uuid::Uuid::try_parse(id).is_ok_and(|uuid| uuid.to_string() == id);
        let of_handle =
            id.len() == HANDLE_ID && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        let problem = format!("a token's id is a UUID in lower case with hyphens, or {HANDLE_ID} characters of base64url");
        self.require(of_jwt || of_handle, "id", problem);
    }

    pub(super) fn name(&mut self, field: &'static str, name: &str) {
        let fits = !name.trim().is_empty() && name.chars().count() <= MAX_NAME && !name.chars().any(char::is_control);
        self.require(fits, field, format!("give 1 to {MAX_NAME} characters, none of them a control character"));
    }

    pub(super) fn email(&mut self, email: &str) {
        let parts = email.rsplit_once('@').filter(|(local, domain)| !local.is_empty() && !domain.is_empty());
        let plain = !email.chars().any(|char| char.is_control() || char.is_whitespace());
        let fits = parts.is_some() && plain && email.len() <= MAX_EMAIL && email == User::normalise_email(email);
        self.require(fits, "email", "this is not an e-mail address");
    }

    pub(super) fn scopes(&mut self, field: &'static str, scopes: &ScopeSet) {
        let fits = scopes.to_string().len() <= MAX_SCOPES;
        self.require(fits, field, format!("all scopes together may have {MAX_SCOPES} characters, with the blanks between them"));
    }

    /// A secret that a human chose: what every carrier can transport, and no guess finds at once.
    pub(super) fn chosen_secret(&mut self, field: &'static str, secret: &str) {
        let fits = CHOSEN_SECRET.contains(&secret.len()) && !secret.chars().any(char::is_control);
        let (least, most) = (CHOSEN_SECRET.start(), CHOSEN_SECRET.end());
        self.require(fits, field, format!("a chosen secret has {least} to {most} bytes, none of them a control character"));
    }
}

/// Everything that is wrong with a client secret that a human chose.
pub fn check_chosen_secret(secret: &Secret<String>) -> Vec<Invalid> {
    let mut checks = Checks::default();
    checks.chosen_secret("secret", secret.expose());
    checks.faults()
}
