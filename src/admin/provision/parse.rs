//! Reads a provisioning file and reports every fault at once, each with its line.

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Error, ValueDeserializer};

use super::document::{ClientExtras, Document, Entry, Extras, InstitutionExtras, NoExtras, RealmEntry, UserExtras};
use crate::admin::service::{Invalid, NewApi, NewClient, NewInstitution, NewRealm, NewUser, check_chosen_secret};
use crate::secret::without_value;

/// Something wrong with a file. It says where and what, and never quotes the line: a secret may stand in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub file: String,
    pub line: usize,
    pub problem: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.problem)
    }
}

impl Document {
    /// `name` says in faults which file it is.
    pub fn parse(name: &str, text: &str) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader { name, text, faults: Vec::new() };
        let (root, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            reader.error(error, 1);
        }
        let realms = if errors.is_empty() { reader.realms(root.into_inner()) } else { Vec::new() };
        reader.faults.sort_by_key(|fault| fault.line);
        if reader.faults.is_empty() { Ok(Self { name: name.to_owned(), realms }) } else { Err(reader.faults) }
    }
}

/// A table with where it begins.
type Found<'t> = (Range<usize>, DeTable<'t>);

struct Reader<'t> {
    name: &'t str,
    text: &'t str,
    faults: Vec<Fault>,
}

impl<'t> Reader<'t> {
    fn realms(&mut self, mut root: DeTable<'t>) -> Vec<RealmEntry> {
        let tables = self.tables(&mut root, "realm");
        for key in root.keys() {
            self.fault(self.line(key.span().start), format!("`{}`: there is only [[realm]] at the top", key.get_ref()));
        }
        let realms: Vec<_> = tables.into_iter().filter_map(|table| self.realm(table)).collect();
        self.unique(realms.iter().map(|entry| (entry.realm.line, entry.realm.what.name.as_str())), "realm");
        realms
    }

    fn realm(&mut self, (span, mut table): Found<'t>) -> Option<RealmEntry> {
        let line = self.line(span.start);
        let [apis, institutions, clients, users] =
            ["api", "institution", "client", "user"].map(|key| self.tables(&mut table, key));
        let realm = self.read::<NewRealm, NoExtras>((span, table)).map(|entry| entry.what.0);
        self.invalid(line, realm.as_ref().map(NewRealm::check));
        let entry = RealmEntry {
            apis: self.apis(apis),
            institutions: self.institutions(institutions),
            clients: self.clients(clients),
            users: self.users(users),
            realm: Entry { line, what: realm? },
        };
        Some(entry)
    }

    fn apis(&mut self, tables: Vec<Found<'t>>) -> Vec<Entry<NewApi>> {
        let apis: Vec<_> = tables.into_iter().filter_map(|table| self.read::<_, NoExtras>(table)).collect();
        let apis: Vec<Entry<NewApi>> =
            apis.into_iter().map(|Entry { line, what: (api, NoExtras {}) }| Entry { line, what: api }).collect();
        for Entry { line, what } in &apis {
            self.invalid(*line, Some(what.check()));
        }
        self.unique(apis.iter().map(|entry| (entry.line, entry.what.audience.as_str())), "API");
        apis
    }

    fn institutions(&mut self, tables: Vec<Found<'t>>) -> Vec<Entry<(NewInstitution, InstitutionExtras)>> {
        let read: Vec<Entry<(NewInstitution, InstitutionExtras)>> =
            tables.into_iter().filter_map(|table| self.read(table)).collect();
        for Entry { line, what: (institution, _) } in &read {
            self.invalid(*line, Some(institution.check()));
            self.named(*line, institution.id.is_some(), "give the institution an `id`");
        }
        let ids = read.iter().filter_map(|entry| Some((entry.line, entry.what.0.id.as_ref()?.as_str())));
        self.unique(ids, "institution");
        read
    }

    fn clients(&mut self, tables: Vec<Found<'t>>) -> Vec<Entry<(NewClient, ClientExtras)>> {
        let read: Vec<Entry<(NewClient, ClientExtras)>> = tables.into_iter().filter_map(|table| self.read(table)).collect();
        for Entry { line, what: (client, extras) } in &read {
            self.invalid(*line, Some(client.check()));
            self.invalid(*line, extras.secret.as_ref().map(|secret| check_chosen_secret(&secret.0)));
            self.named(*line, client.id.is_some(), "give the client an `id`");
        }
        let ids = read.iter().filter_map(|entry| Some((entry.line, entry.what.0.id.as_ref()?.as_str())));
        self.unique(ids, "client");
        read
    }

    fn users(&mut self, tables: Vec<Found<'t>>) -> Vec<Entry<(NewUser, UserExtras)>> {
        let mut read: Vec<Entry<(NewUser, UserExtras)>> = tables.into_iter().filter_map(|table| self.read(table)).collect();
        for Entry { line, what: (user, extras) } in &mut read {
            user.password = extras.password.take().map(|secret| secret.0);
            user.totp_secret = extras.totp_secret.take().map(|secret| secret.0);
            self.invalid(*line, Some(user.check()));
            self.named(*line, user.id.is_some() || user.email.is_some(), "give the user an `id` or an `email`");
        }
        let ids = read.iter().filter_map(|entry| Some((entry.line, entry.what.0.id.as_ref()?.as_str())));
        self.unique(ids, "user");
        let emails = read.iter().filter_map(|entry| Some((entry.line, entry.what.0.email.as_deref()?)));
        self.unique(emails, "user");
        read
    }

    /// Takes an array of tables out of a table.
    fn tables(&mut self, table: &mut DeTable<'t>, key: &str) -> Vec<Found<'t>> {
        let Some(value) = table.remove(key) else { return Vec::new() };
        let line = self.line(value.span().start);
        let DeValue::Array(array) = value.into_inner() else {
            self.fault(line, format!("`{key}` is a list of tables: write [[…]] with two brackets"));
            return Vec::new();
        };
        let mut tables = Vec::new();
        for value in array {
            let span = value.span();
            match value.into_inner() {
                DeValue::Table(table) => tables.push((span, table)),
                _ => self.fault(self.line(span.start), format!("`{key}` is a list of tables: write [[…]] with two brackets")),
            }
        }
        tables
    }

    /// Reads the thing and what stands beside it.
    fn read<T: DeserializeOwned, E: Extras>(&mut self, (span, mut table): Found<'t>) -> Option<Entry<(T, E)>> {
        let line = self.line(span.start);
        let mut beside = DeTable::new();
        for name in E::NAMES {
            if let Some((key, value)) = table.remove_entry(*name) {
                beside.insert(key, value);
            }
        }
        let deserializer = |table| ValueDeserializer::from(Spanned::new(span.clone(), DeValue::Table(table)));
        let thing = T::deserialize(deserializer(table)).map_err(|error| self.error(&error, line));
        let extras = E::deserialize(deserializer(beside)).map_err(|error| self.error(&error, line));
        Some(Entry { line, what: (thing.ok()?, extras.ok()?) })
    }

    /// Without a name, every run would add another one.
    fn named(&mut self, line: usize, is_named: bool, mend: &str) {
        if !is_named {
            self.fault(line, format!("{mend}, by which the next run knows it again"));
        }
    }

    fn unique<'e>(&mut self, ids: impl Iterator<Item = (usize, &'e str)>, kind: &str) {
        let mut seen = HashSet::new();
        for (line, id) in ids {
            if !seen.insert(id) {
                self.fault(line, format!("{kind} `{id}` is described twice"));
            }
        }
    }

    fn invalid(&mut self, line: usize, faults: Option<Vec<Invalid>>) {
        for Invalid { field, problem } in faults.into_iter().flatten() {
            self.fault(line, format!("{field}: {problem}"));
        }
    }

    fn error(&mut self, error: &Error, line: usize) {
        let line = error.span().map_or(line, |span| self.line(span.start));
        self.fault(line, without_value(error.message()));
    }

    fn fault(&mut self, line: usize, problem: String) {
        self.faults.push(Fault { file: self.name.to_owned(), line, problem });
    }

    fn line(&self, offset: usize) -> usize {
        self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
    }
}
