//! Scopes and the one function that grants them (RFC 6749, section 3.3).

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

/// One scope: printable ASCII without blank, quote and backslash, compared byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Scope(Arc<str>);

impl Scope {
    pub fn new(text: impl AsRef<str>) -> Result<Self, String> {
        let text = text.as_ref();
        let legal = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
        if text.is_empty() || !text.bytes().all(legal) {
            return Err(format!("`{}` is no scope: printable ASCII without blanks, quotes and backslashes", text.escape_debug()));
        }
        Ok(Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Scope {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// Scopes in an order that is kept, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct ScopeSet(Arc<[Scope]>);

impl ScopeSet {
    /// Reads a blank-separated list; the first of repeated scopes stays. Blank text gives the empty set.
    pub fn parse(text: &str) -> Result<Self, String> {
        text.split(' ').filter(|part| !part.is_empty()).map(Scope::new).collect()
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Scope> {
        self.0.iter()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn contains(&self, scope: &Scope) -> bool {
        self.0.contains(scope)
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        // A few are compared faster than hashed; many, which a caller may send, are not.
        const FEW: usize = 16;
        let (mut once, mut seen) = (Vec::new(), HashSet::new());
        for scope in scopes {
            if once.len() > FEW && seen.is_empty() {
                seen.extend(once.iter().cloned());
            }
            let is_new = if seen.is_empty() { !once.contains(&scope) } else { seen.insert(scope.clone()) };
            if is_new {
                once.push(scope);
            }
        }
        Self(once.into())
    }
}

impl<'a> IntoIterator for &'a ScopeSet {
    type Item = &'a Scope;
    type IntoIter = std::slice::Iter<'a, Scope>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

impl<'de> serde::Deserialize<'de> for ScopeSet {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Scope>::deserialize(deserializer)?.into_iter().collect())
    }
}

closed! {
    /// What a request without `scope` asks for.
    pub enum WhenOmitted {
        /// Everything that the client holds.
        All = "all",
        /// The dialect's default list.
        Default = "default",
        /// Nothing: a token without scopes.
        None = "none",
        /// A refusal: the parameter is required.
        Error = "error",
    }
}

closed! {
    /// What becomes of a scope that the client does not hold.
    pub enum Foreign {
        /// The whole request is refused.
        Reject = "reject",
        /// The scope is left out of the grant.
        Narrow = "narrow",
    }
}

closed! {
    /// Whether `*` has a meaning.
    pub enum Wildcard {
        /// None: it is a character like any other.
        None = "none",
        /// In place of the action, it stands for every action on exactly that resource: `users:*` covers `users:read`,
        /// not `users.kyc:read`.
        Action = "action",
    }
}

closed! {
    /// When the answer names the granted scopes.
    pub enum Echo {
        Always = "always",
        /// Only when they are not what was asked for.
        IfDifferent = "if_different",
        Never = "never",
    }
}

closed! {
    /// What becomes of a grant that turns out to carry no scope at all.
    pub enum WhenEmpty {
        /// `invalid_scope`.
        Reject = "reject",
        /// A token without scopes.
        Allow = "allow",
    }
}

/// The scope rules of a dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopePolicy {
    pub when_omitted: WhenOmitted,
    pub default: ScopeSet,
    pub when_empty: WhenEmpty,
    pub foreign: Foreign,
    pub wildcard: Wildcard,
    /// Scopes that no wildcard gives: they must be held to the letter.
    pub wildcard_excludes: ScopeSet,
    pub echo: Echo,
    /// Longest `scope` parameter, in characters.
    pub max_len: usize,
}

/// Why no scope could be granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeRefusal {
    /// The parameter is required and absent.
    Missing,
    /// This scope was asked for and is not held.
    Foreign(Scope),
    /// Nothing is left to grant.
    Empty,
}

impl ScopePolicy {
    /// Does holding `held` allow to ask for `asked`?
    fn covers(&self, held: &Scope, asked: &Scope) -> bool {
        if held == asked {
            return true;
        }
        if self.wildcard == Wildcard::None || self.wildcard_excludes.contains(asked) {
            return false;
        }
        let resource = held.as_str().strip_suffix(":*");
        resource.is_some() && resource == asked.as_str().rsplit_once(':').map(|(resource, _)| resource)
    }

    /// Does this set of scopes allow to ask for, or to use, `asked`?
    pub fn allows(&self, held: &ScopeSet, asked: &Scope) -> bool {
        held.iter().any(|scope| self.covers(scope, asked))
    }

    /// What is granted: what was requested, or what an absent request stands for, within **every** bound. The first bound
    /// is the client's own scopes, whose order "all" keeps.
    pub fn grant(&self, requested: Option<&ScopeSet>, bounds: &[&ScopeSet]) -> Result<ScopeSet, ScopeRefusal> {
        let within = |scope: &Scope| bounds.iter().all(|bound| self.allows(bound, scope));
        let granted: ScopeSet = match requested {
            Some(asked) => {
                let foreign = asked.iter().find(|scope| !within(scope));
                if let (Foreign::Reject, Some(scope)) = (self.foreign, foreign) {
                    return Err(ScopeRefusal::Foreign(scope.clone()));
                }
                asked.iter().filter(|scope| within(scope)).cloned().collect()
            }
            None => {
                let nothing = ScopeSet::default();
                let meant = match self.when_omitted {
                    WhenOmitted::All => bounds.first().copied().unwrap_or(&nothing),
                    WhenOmitted::Default => &self.default,
                    WhenOmitted::None => &nothing,
                    WhenOmitted::Error => return Err(ScopeRefusal::Missing),
                };
                meant.iter().filter(|scope| within(scope)).cloned().collect()
            }
        };
        if granted.is_empty() && self.when_empty == WhenEmpty::Reject {
            return Err(ScopeRefusal::Empty);
        }
        Ok(granted)
    }
}
