//! Every path of both listeners with its methods. The paths are read where the routers are built, the methods are the server's
//! own answer; each is then called, to see that somebody is at home, and that on the admin API it is not just anybody.

use std::collections::BTreeMap;
use std::path::Path;

use countersign::audit::Actor;
use countersign::model::RealmId;
use serde_json::json;

use crate::harness::golden;
use crate::harness::http::{Request, Response};
use crate::harness::server::{Server, on_both};

const FILE: &str = "routes.txt";

/// A host that a realm is bound to, for the paths that are only there on one.
const HOST: &str = "bound.example";

pub fn files() -> impl Iterator<Item = String> {
    std::iter::once(FILE.to_owned())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Listener {
    Public,
    Operations,
}

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The paths that a piece of source adds to its router.
fn routed(source: &str) -> impl Iterator<Item = &str> {
    source.split(".route(\"").skip(1).map(|rest| rest.split('"').next().unwrap())
}

fn paths() -> Vec<(Listener, String)> {
    let table = read("src/routes.rs");
    let (public, operations) = table.split_once("pub fn operations").unwrap();
    let mut paths: Vec<_> = routed(public).map(|path| (Listener::Public, path.to_owned())).collect();
    paths.extend(dialects().into_iter().map(|path| (Listener::Public, path)));
    paths.extend(routed(operations).map(|path| (Listener::Operations, path.to_owned())));
    let api = read("src/admin/api/mod.rs");
    let below = api.split_once(".nest(\"").unwrap().1.split('"').next().unwrap();
    paths.extend(routed(&api).map(|path| (Listener::Operations, format!("{below}{path}"))));
    paths
}

/// The paths that the dialects answer on.
fn dialects() -> Vec<String> {
    let mut paths = Vec::new();
    for partner in super::partner::ALL {
        let dialect: toml::Table = read(&format!("config/dialects/{}.toml", partner.dialect)).parse().unwrap();
        let tokens = dialect["match"]["paths"].as_array().unwrap().iter();
        let test = dialect.get("test").map(|test| &test["path"]);
        paths.extend(tokens.chain(test).map(|path| path.as_str().unwrap().to_owned()));
    }
    paths
}

async fn call(server: &Server, listener: Listener, method: &str, path: &str) -> Response {
    let path = path.replace("{realm}", "main").replace("{client}", "demo").replace(['{', '}', '*'], "");
    let request = Request::new(method, &path).header("Host", HOST);
    match listener {
        Listener::Public => server.send(&request).await,
        Listener::Operations => server.operate(&request).await,
    }
}

on_both! {
    async fn table(server) {
        let bound = serde_json::from_value(json!({ "name": "bound", "host": HOST })).unwrap();
        server.ops().put_realm(&Actor::Shell, &bound).await.unwrap();
        for below in ["", "/path"] {
            let api = serde_json::from_value(json!({ "audience": format!("https://{HOST}{below}") })).unwrap();
            server.ops().put_api(&Actor::Shell, &RealmId::new("bound"), &api).await.unwrap();
        }
        server.refresh().await;
        let mut table = BTreeMap::new();
        for (listener, path) in paths() {
            let refusal = call(&server, listener, "BREW", &path).await;
            // A gateway asks by whatever method the original request has.
            if path.starts_with("/verify") {
                assert_eq!(refusal.status, 403, "{path}: {refusal:?}");
                table.insert((listener, path), "any".to_owned());
                continue;
            }
            assert_eq!(refusal.status, 405, "{path}: {refusal:?}");
            let methods = refusal.header("allow").unwrap().to_owned();
            for method in methods.split(',') {
                let answer = call(&server, listener, method, &path).await;
                let is_api = path.starts_with("/admin/");
                let is_there = if is_api { answer.status == 401 } else { ![404, 405].contains(&answer.status) };
                assert!(is_there, "{method} {path}: {answer:?}");
            }
            assert!(table.insert((listener, path.clone()), methods).is_none(), "{path} is there twice");
        }
        let lines = table.into_iter().map(|((listener, path), methods)| format!("{listener:?} {path} {methods}\n"));
        golden::check(FILE, &lines.collect::<String>());
    }

    async fn nothing_else(server) {
        let elsewhere = ["/", "/oauth2/token/", "/OAUTH2/token", "//oauth2/token", "/oauth2%2Ftoken", "/connect/token;x", "/metrics", "/admin/v1/realms/main/keys"];
        for path in elsewhere {
            for method in ["GET", "POST"] {
                assert_eq!(call(&server, Listener::Public, method, path).await.status, 404, "{method} {path}");
            }
        }
        for path in ["/", "/oauth2/token", "/realms/main/jwks.json", "/admin/v1", "/admin/v1/realms/main/nothing"] {
            assert_eq!(call(&server, Listener::Operations, "GET", path).await.status, 404, "{path}");
        }
    }
}
