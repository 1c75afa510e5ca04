//! The list of what must not be found, and the search for it in every form in which it could have been written.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

use crate::harness::http::form_encoded;

/// So many bytes of a secret are compared at every place: none is shorter.
const BEGIN: usize = 4;

/// Where is searched.
pub struct Haystack {
    pub name: String,
    pub bytes: Vec<u8>,
}

impl Haystack {
    pub fn new(name: &str, text: String) -> Self {
        Self { name: name.to_owned(), bytes: text.into_bytes() }
    }
}

/// Every secret that the test has sent or was given.
#[derive(Default)]
pub struct Book {
    secrets: usize,
    forms: BTreeSet<Vec<u8>>,
    /// One-time passwords are too short to be told from other numbers, unless they stand alone.
    numbers: BTreeSet<Vec<u8>>,
}

impl Book {
    pub fn of(secret: &str) -> Self {
        let mut book = Self::default();
        book.secrets += 1;
        book.forms.insert(secret.as_bytes().to_vec());
        book
    }

    /// A secret text, with the forms in which it travels and those in which a database would show its bytes.
    pub fn keep(&mut self, secret: &str) {
        assert!(secret.len() >= 8, "{secret:?} could be found by chance");
        self.secrets += 1;
        let json = serde_json::to_string(secret).unwrap();
        let forms = [
            secret.to_owned(),
            form_encoded(secret),
            form_encoded(secret).replace('+', "%20"),
            json.trim_matches('"').to_owned(),
            BASE64_STANDARD.encode(secret),
            BASE64_URL_SAFE_NO_PAD.encode(secret),
            hex(secret.as_bytes()),
        ];
        self.forms.extend(forms.into_iter().map(String::into_bytes));
        // What was base64 or a UUID could also have been stored as the bytes that it stands for.
        let bare = secret.replace('-', "");
        let decoded = BASE64_URL_SAFE_NO_PAD.decode(secret).ok().or_else(|| BASE64_STANDARD.decode(secret).ok());
        let uuid = u128::from_str_radix(&bare, 16).ok().filter(|_| bare.len() == 32).map(|uuid| uuid.to_be_bytes().to_vec());
        for bytes in [decoded, uuid].into_iter().flatten() {
            self.forms.insert(hex(&bytes).into_bytes());
            self.forms.insert(bytes);
        }
    }

    /// A token: as a whole, and its signature, which makes what a log has of the rest usable.
    pub fn keep_token(&mut self, token: &str) {
        self.keep(token);
        if let Some((_, signature)) = token.rsplit_once('.') {
            self.keep(signature);
        }
    }

    pub fn keep_number(&mut self, number: &str) {
        self.secrets += 1;
        self.numbers.insert(number.as_bytes().to_vec());
    }

    pub fn len(&self) -> usize {
        self.secrets
    }

    pub fn forms(&self) -> impl Iterator<Item = &Vec<u8>> {
        self.forms.iter().chain(&self.numbers)
    }

    /// What of it stands in the haystack, with a little of what stands around it. One pass, whatever the number of secrets.
    pub fn found_in(&self, haystack: &Haystack) -> Vec<String> {
        let bytes = &haystack.bytes;
        let mut wanted: HashMap<&[u8], Vec<&Vec<u8>>> = HashMap::new();
        for form in self.forms() {
            wanted.entry(&form[..BEGIN]).or_default().push(form);
        }
        // A number's further digits, or the fraction of a second in the time of a line.
        let digit =
            |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(|byte| byte.is_ascii_digit() || *byte == b'.');
        let alone = |at: usize, form: &Vec<u8>| !digit(at.checked_sub(1)) && !digit(Some(at + form.len()));
        let mut found = BTreeMap::new();
        for (at, begin) in bytes.windows(BEGIN).enumerate() {
            for form in wanted.get(begin).into_iter().flatten().filter(|form| bytes[at..].starts_with(form)) {
                if !self.numbers.contains(*form) || alone(at, form) {
                    let around = &bytes[at.saturating_sub(60)..(at + form.len() + 20).min(bytes.len())];
                    found.entry(form).or_insert_with(|| format!("{}: {}", haystack.name, String::from_utf8_lossy(around)));
                }
            }
        }
        found.into_values().collect()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
