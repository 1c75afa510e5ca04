//! What a resource file may say, and how it is read: key by key and route by route, so that one fault does not hide another.

use serde::Deserialize;
use toml::Spanned;
use toml::de::DeValue;

use crate::closed;
use crate::dialect::Sections;
use crate::model::flaw::Flaw;

const KEYS: [&str; 7] = ["realm", "dialect", "audience", "hosts", "prefix", "unmatched", "routes"];

/// A whole resource file: the routes of one API.
#[derive(Debug)]
pub struct Document {
    /// Whose tokens.
    pub realm: Option<Spanned<String>>,
    /// In whose words it refuses; absent for `oauth2`.
    pub dialect: Option<Spanned<String>>,
    /// The API's audience: tokens for other APIs are refused.
    pub audience: Option<Spanned<String>>,
    /// The hosts that the API answers on; empty for any. A file that names a host goes before those that do not.
    pub hosts: Vec<Spanned<String>>,
    /// The path that all of the API's paths lie below; absent for `/`.
    pub prefix: Option<Spanned<String>>,
    /// What becomes of a request below the prefix that no route matches.
    pub unmatched: Unmatched,
    pub routes: Vec<Route>,
}

/// What some methods of some paths need.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Absent for any method. GET stands for HEAD too, which is GET without the body (RFC 9110, section 9.3.2).
    pub methods: Option<Spanned<Vec<Spanned<String>>>>,
    /// The whole path: literal segments, `{name}` for any one segment, `**` at the end for any rest, also none.
    pub path: Spanned<String>,
    /// Every one of these scopes; none of them for any good token.
    pub scopes: Option<Vec<Spanned<String>>>,
    /// `true`, instead of `scopes`: no token is asked for.
    pub public: Option<Spanned<bool>>,
}

closed! {
    /// What becomes of a request that no route matches.
    #[derive(Default)]
    pub enum Unmatched {
        /// It is refused.
        #[default]
        Refuse = "refuse",
        /// Any good token will do.
        Authenticated = "authenticated",
        /// No token is asked for.
        Public = "public",
    }
}

/// Reads a resource file, or says everything that is wrong with its form.
pub fn read(text: &str) -> Result<Document, Vec<Flaw>> {
    let mut sections = Sections::of(text)?;
    let document = Document {
        realm: sections.take("realm"),
        dialect: sections.take("dialect"),
        audience: sections.take("audience"),
        hosts: sections.take("hosts"),
        prefix: sections.take("prefix"),
        unmatched: sections.take("unmatched"),
        routes: routes(&mut sections),
    };
    sections.finish(document, "key", &KEYS)
}

fn routes(sections: &mut Sections<'_>) -> Vec<Route> {
    match sections.take_raw("routes") {
        None => Vec::new(),
        Some((_, DeValue::Array(routes))) => routes.into_iter().filter_map(|route| sections.read(route)).collect(),
        Some((at, _)) => {
            sections.flaw(Flaw::new(at, "`routes` must be a list of tables", "write `[[routes]]` above each of them"));
            Vec::new()
        }
    }
}
