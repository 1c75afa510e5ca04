//! What every test of the rules needs: resource files in a directory of their own, and short words for what was found.

mod builtin;
mod faults;
mod files;
mod paths;
mod robustness;
mod specificity;

use std::sync::LazyLock;

use super::{Asked, Found, Need, Rules};
use crate::dialect::Dialects;

static DIALECTS: LazyLock<Dialects> = LazyLock::new(|| Dialects::builtin().unwrap());

/// The rules of these files, or their faults as an operator reads them, without their folder.
fn load(files: &[(&str, &str)]) -> Result<Rules, Vec<String>> {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    let folder = format!("{}/", dir.path().display());
    let faults = |fault: &crate::dialect::Fault| fault.to_string().replace(&folder, "");
    Rules::load(Some(dir.path()), &DIALECTS).map_err(|all| all.iter().map(faults).collect())
}

/// A file of the realm `main` with these keys and these routes, each with the scope that is its own path.
fn file(keys: &str, paths: &[&str]) -> String {
    let routes = paths.iter().map(|path| format!("[[routes]]\npath = \"{path}\"\nscopes = [\"{path}\"]\n"));
    format!("realm = \"main\"\naudience = \"api\"\n{keys}\n{}", routes.collect::<String>())
}

fn find<'r>(rules: &'r Rules, method: &str, path: &str) -> Found<'r> {
    rules.find(&Asked { method, host: "api.example", path })
}

/// The scopes that are needed, `public`, `refused`, or `refused by REALM`.
fn said(found: Found<'_>) -> String {
    match found {
        Found::Rule(rule) => match &rule.need {
            Need::Public => "public".to_owned(),
            Need::Token(scopes) => scopes.to_string(),
        },
        Found::Refused(None) => "refused".to_owned(),
        Found::Refused(Some(words)) => format!("refused by {}", words.realm),
    }
}
