//! The paths that a dialect answers on: exact, but for one segment that may name the realm.

const REALM: &str = "{realm}";

/// A path, matched byte for byte as it was sent.
#[derive(Clone, Debug)]
pub struct PathPattern {
    text: String,
    /// What stands before and after the segment that names the realm.
    around_realm: Option<(String, String)>,
}

impl PathPattern {
    /// The pattern, or the problem and its mend.
    pub fn compile(text: &str) -> Result<Self, (String, &'static str)> {
        let legal = |c: char| c.is_ascii_graphic() && !matches!(c, '?' | '#' | '{' | '}');
        let plain = text.replace(REALM, "");
        if !text.starts_with('/') || !plain.chars().all(legal) {
            return Err((format!("`{text}` is no path"), "begin with `/`, leave out query and fragment"));
        }
        let around_realm = text.split_once(REALM).map(|(before, after)| (before.to_owned(), after.to_owned()));
        match &around_realm {
            Some((before, after))
                if !before.ends_with('/') || !(after.is_empty() || after.starts_with('/')) || after.contains(REALM) =>
            {
                Err((format!("`{text}` does not give the realm one segment"), "write it as in `/realms/{realm}/oauth2/token`"))
            }
            _ => Ok(Self { text: text.to_owned(), around_realm }),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn names_realm(&self) -> bool {
        self.around_realm.is_some()
    }

    pub fn matches(&self, path: &str) -> bool {
        self.text == path || self.realm_in(path).is_some()
    }

    /// The realm that the path names; `None` if it is another path, or names none.
    pub fn realm_in<'p>(&self, path: &'p str) -> Option<&'p str> {
        let (before, after) = self.around_realm.as_ref()?;
        let realm = path.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
        (!realm.is_empty() && !realm.contains('/')).then_some(realm)
    }

    /// Is there a path that both match?
    pub fn overlaps(&self, other: &Self) -> bool {
        let (mine, theirs) = (self.text.split('/'), other.text.split('/'));
        mine.clone().count() == theirs.clone().count()
            && mine.zip(theirs).all(|(mine, theirs)| mine == theirs || mine == REALM || theirs == REALM)
    }
}
