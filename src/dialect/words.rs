//! Words that files of more than one kind hold: hosts, methods, names of realms.

use http::Method;
use toml::Spanned;

use super::realm::is_realm_name;
use crate::model::flaw::Flaw;

/// Hosts are compared in lower case.
pub fn hosts(hosts: &[Spanned<String>], flaws: &mut Vec<Flaw>) -> Vec<String> {
    for host in hosts {
        if host.get_ref().is_empty() || host.get_ref().contains([':', '/', ' ']) || host.get_ref().ends_with('.') {
            let problem = format!("`{}` is no host", host.get_ref());
            let mend = "write a name such as `api.example.com`, without scheme, port and path";
            flaws.push(Flaw::new(host.span().start, problem, mend));
        }
    }
    hosts.iter().map(|host| host.get_ref().to_ascii_lowercase()).collect()
}

pub fn method(text: &Spanned<String>, flaws: &mut Vec<Flaw>) -> Option<Method> {
    let known = [Method::GET, Method::HEAD, Method::OPTIONS, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let method = known.into_iter().find(|method| method.as_str() == text.get_ref());
    if method.is_none() {
        let problem = format!("`{}` is no method", text.get_ref());
        flaws.push(Flaw::new(text.span().start, problem, "write GET, HEAD, OPTIONS, POST, PUT, PATCH or DELETE"));
    }
    method
}

pub fn check_realm_name(name: &Spanned<String>, flaws: &mut Vec<Flaw>) {
    if !is_realm_name(name.get_ref()) {
        let problem = format!("`{}` is no realm name", name.get_ref());
        flaws.push(Flaw::new(name.span().start, problem, "write letters, digits, `-`, `_` and `.`"));
    }
}
