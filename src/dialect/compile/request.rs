//! The rules of requests: where they arrive, what they must look like.

use http::header::AUTHORIZATION;
use toml::Spanned;

use super::header_name;
use crate::dialect::body::BodyRule;
use crate::dialect::carrier::Carriers;
use crate::dialect::grants::GrantRules;
use crate::dialect::names::{Names, Param};
use crate::dialect::parse::RequestRules;
use crate::dialect::path::PathPattern;
use crate::dialect::query;
use crate::dialect::realm::RealmRule;
use crate::dialect::schema::{self, Document, RealmSource};
use crate::dialect::words::check_realm_name;
use crate::model::flaw::Flaw;
use crate::model::{GrantKind, MfaPolicy};

pub fn compile(document: &Document, paths: &[(usize, PathPattern)], flaws: &mut Vec<Flaw>) -> RequestRules {
    if document.body.accept.is_empty() {
        flaws.push(Flaw::new(0, "no body format is accepted", "write `accept = [\"form\"]` under [body]"));
    }
    let realm = realm(&document.realm, paths, flaws);
    RequestRules {
        query_realm: query::realm_rule(&realm),
        realm,
        max_body: document.body.max_bytes,
        body: BodyRule { accept: document.body.accept.clone(), sniff_when_untyped: document.body.sniff_when_untyped },
        names: names(&document.aliases, flaws),
        carriers: carriers(&document.credentials, flaws),
        grants: grants(document, flaws),
        audience: document.params.audience,
        scope_max_len: document.scope.max_len,
    }
}

pub fn paths(paths: &[Spanned<String>], flaws: &mut Vec<Flaw>) -> Vec<(usize, PathPattern)> {
    if paths.is_empty() {
        flaws.push(Flaw::new(0, "the dialect answers on no path", "write `paths = [\"/oauth2/token\"]` under [match]"));
    }
    paths.iter().filter_map(|text| Some((text.span().start, path(text, flaws)?))).collect()
}

pub fn path(text: &Spanned<String>, flaws: &mut Vec<Flaw>) -> Option<PathPattern> {
    PathPattern::compile(text.get_ref()).map_err(|(problem, mend)| flaws.push(Flaw::new(text.span().start, problem, mend))).ok()
}

fn realm(realm: &schema::Realm, paths: &[(usize, PathPattern)], flaws: &mut Vec<Flaw>) -> RealmRule {
    let source = *realm.source.get_ref();
    let at = realm.source.span().start;
    let named = paths.iter().find(|(_, path)| path.names_realm());
    match (source, named) {
        (RealmSource::Path, None) => {
            flaws.push(Flaw::new(at, "no path names the realm", "put a segment `{realm}` into one of the paths under [match]"));
        }
        (RealmSource::Path, Some(_)) | (_, None) => {}
        (_, Some((at, _))) => {
            flaws.push(Flaw::new(*at, "the path names a realm that nobody reads", "write `source = \"path\"` under [realm]"));
        }
    }
    if source == RealmSource::Fixed && realm.default.is_none() {
        flaws.push(Flaw::new(at, "a fixed realm needs a name", "write `default = \"name\"` under [realm]"));
    }
    if realm.param.parse::<Param>().is_ok() {
        flaws.push(Flaw::new(
            at,
            format!("`{}` is a parameter of OAuth", realm.param),
            "give the realm's parameter another name",
        ));
    }
    if let Some(default) = &realm.default {
        check_realm_name(default, flaws);
    }
    RealmRule {
        source,
        param: realm.param.clone(),
        default: realm.default.as_ref().map(|default| default.get_ref().clone()),
        required: realm.required,
        paths: paths.iter().map(|(_, path)| path.clone()).collect(),
    }
}

fn names(aliases: &schema::Aliases, flaws: &mut Vec<Flaw>) -> Names {
    let names = Names(aliases.0.iter().map(|(param, name)| (*param, name.get_ref().clone())).collect());
    for (param, name) in &aliases.0 {
        let twin = Param::ALL.iter().find(|other| *other != param && names.of(**other) == name.get_ref());
        if let Some(other) = twin {
            let problem = format!("`{}` means `{other}` as well as `{param}`", name.get_ref());
            flaws.push(Flaw::new(name.span().start, problem, "give each parameter a name of its own"));
        }
    }
    names
}

fn carriers(credentials: &schema::Credentials, flaws: &mut Vec<Flaw>) -> Carriers {
    let mut headers = vec![AUTHORIZATION];
    for name in credentials.header.iter().flat_map(|header| &header.names) {
        let name = header_name(name, flaws).filter(|name| !headers.contains(name));
        headers.extend(name);
    }
    let scheme = credentials.header.as_ref().map(|header| &header.scheme);
    if let Some(scheme) =
        scheme.filter(|scheme| scheme.get_ref().is_empty() || !scheme.get_ref().chars().all(|c| c.is_ascii_graphic()))
    {
        let problem = format!("`{}` is no scheme", scheme.get_ref());
        flaws.push(Flaw::new(scheme.span().start, problem, "write one word, such as `LC-API2`"));
    }
    Carriers {
        body: credentials.body,
        basic: credentials.basic,
        scheme: scheme.map(|scheme| scheme.get_ref().clone()),
        headers,
        ignore_schemes: credentials.ignore_schemes.clone(),
        unusable_header: credentials.unusable_header,
    }
}

fn grants(document: &Document, flaws: &mut Vec<Flaw>) -> GrantRules {
    let (grants, credentials) = (&document.grants, &document.credentials);
    let allowed = grants.allowed.get_ref();
    let at = grants.allowed.span().start;
    if allowed.is_empty() {
        flaws.push(Flaw::new(at, "no grant is allowed", "write `allowed = [\"client_credentials\"]` under [grants]"));
    }
    let nowhere = !credentials.body && credentials.basic.is_none() && credentials.header.is_none();
    let for_clients = allowed.contains(&GrantKind::ClientCredentials) || grants.password_client.is_none();
    if nowhere && for_clients {
        flaws.push(Flaw::new(
            at,
            "clients have no way to present credentials",
            "offer `body`, `basic` or `header` under [credentials]",
        ));
    }
    if let Some(client) = grants.password_client.as_ref().filter(|_| !allowed.contains(&GrantKind::Password)) {
        let at = client.span().start;
        flaws.push(Flaw::new(
            at,
            "accounts cannot sign in here",
            "add \"password\" to `allowed`, or leave `password_client` out",
        ));
    }
    GrantRules {
        allowed: allowed.clone(),
        infer: grants.infer,
        password_client: grants.password_client.as_ref().map(|client| client.get_ref().clone()),
        second_factor: document.mfa.policy != MfaPolicy::Off,
    }
}
