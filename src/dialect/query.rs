//! From bytes to a question about a token, by the steps of a token request: what is it (RFC 7662, section 2.1), and let it end
//! (RFC 7009, section 2.1).

use super::names::Param;
use super::parse::RequestRules;
use super::path::PathPattern;
use super::realm::RealmRule;
use super::schema::RealmSource;
use crate::error::{ErrorKind, OAuthError};
use crate::model::{Credentials, Inbound, TokenQuery};

/// The paths that name the realm; on others, the host does.
const PATHS: [&str; 2] = ["/realms/{realm}/oauth2/introspect", "/realms/{realm}/oauth2/revoke"];

/// Which realm a question is for, where a token request is for the realm of this rule.
pub fn realm_rule(of_tokens: &RealmRule) -> RealmRule {
    let paths = PATHS.into_iter().filter_map(|path| PathPattern::compile(path).ok()).collect();
    RealmRule { source: RealmSource::Path, paths, ..of_tokens.clone() }
}

impl RequestRules {
    /// What kind of token it may be is found out, so that a hint of it is read by nobody (RFC 7009, section 2.1).
    pub fn parse_query(&self, inbound: &Inbound<'_>) -> Result<TokenQuery, OAuthError> {
        let mut params = self.posted(inbound)?;
        let realm = self.query_realm.find(inbound)?;
        let client = match self.credentials(inbound.headers, &mut params)? {
            Credentials::Implied(_) => return Err(OAuthError::new(ErrorKind::NoCredentials).hint("accounts ask for tokens only")),
            client @ Credentials::Client { .. } => client,
        };
        let token = params.take(Param::Token).ok_or_else(|| self.missing(Param::Token))?;
        Ok(TokenQuery { realm, client, token })
    }
}
