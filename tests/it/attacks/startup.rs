//! Rows 141 and 142: a start with settings that are not safe, and a handler that panics.

use std::process::{Command, Output};
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use countersign::app::App;
use countersign::config::Source;
use countersign::{routes, server};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::process::{MASTER_KEY, command, run};
use super::{assert_bare, basic_token, bearer, count, granted, metric};
use crate::harness::http::{Request, send};
use crate::harness::server::on_both;

/// `countersign serve` with this configuration file.
async fn serve(url: &str, sections: &str) -> Output {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("c.toml"), format!("{sections}\n[database]\nurl = {url:?}\n")).unwrap();
    let mut command = command(home.path());
    command.args(["serve", "--config", "c.toml"]);
    run(command).await
}

/// It refused to start, and named all of this as the reason.
#[track_caller]
fn assert_refuses(output: &Output, parts: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for part in parts {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
    assert!(!said.contains("\"serving\""), "{said}");
}

fn with_key(sections: &str) -> String {
    format!("master_key = {MASTER_KEY:?}\n{sections}")
}

fn faults(file: &str) -> String {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("c.toml");
    std::fs::write(&path, file).unwrap();
    Source { file: Some(path), environment: Vec::new() }.load().map_or_else(|faults| faults.to_string(), |_| String::new())
}

on_both! {
    async fn atk_141_an_http_issuer_is_refused_where_others_can_reach_it(server) {
        for (section, setting) in [
            ("[server]\nlisten = \"0.0.0.0:0\"", "server.insecure_http"),
            ("[server]\nlisten = \"[::]:0\"\npublic_url = \"http://auth.bank.example\"", "server.public_url"),
            // Behind a proxy it is the proxy that others reach.
            ("[server]\nlisten = \"127.0.0.1:0\"\npublic_url = \"http://auth.bank.example\"", "server.public_url"),
            ("[server]\npublic_url = \"auth.bank.example\"", "server.public_url"),
            ("[server]\npublic_url = \"ftp://auth.bank.example\"", "server.public_url"),
        ] {
            assert_refuses(&serve(&server.url, &with_key(section)).await, &[setting]);
            assert!(faults(section).contains(setting), "{section}");
        }
        assert_eq!(faults("[server]\nlisten = \"0.0.0.0:0\"\npublic_url = \"https://auth.bank.example\""), "");
        assert_eq!(faults("[server]\nlisten = \"0.0.0.0:0\"\ninsecure_http = true"), "");
        assert_eq!(faults("[server]\npublic_url = \"http://localhost:9000\""), "");
    }

    async fn atk_141_there_is_no_start_without_the_own_master_key(server) {
        assert_refuses(&serve(&server.url, "").await, &["master_key", "create-master-key"]);
        assert_refuses(&serve(&server.url, "master_key = \"changeme\"").await, &["master_key"]);
        let other = "master_key = \"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA\"";
        assert_refuses(&serve(&server.url, other).await, &["another master key"]);
        let nowhere = "master_key = { env = \"NOT_SET\" }";
        assert_refuses(&serve(&server.url, nowhere).await, &["NOT_SET"]);
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("master.key");
        std::fs::write(&path, MASTER_KEY).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
        assert_refuses(&serve(&server.url, &format!("master_key = {{ file = {path:?} }}")).await, &["can be opened by others", "chmod 600"]);
    }

    async fn atk_141_switches_for_tests_do_not_exist(server) {
        for (section, name) in [("dev_mode = true", "`dev_mode`"), ("[test_hooks]\nenabled = true", "`test_hooks`"), ("[server]\ndebug = true", "debug"),
            ("[guard]\ndisabled = true", "disabled"), ("[admin]\npassword = \"admin\"", "`admin`"), ("[secrets]\nargon2_memory_kib = 8", "argon2_memory_kib")] {
            assert_refuses(&serve(&server.url, &with_key(section)).await, &[name]);
        }
    }

    async fn atk_141_nobody_is_administrator_by_default(server) {
        assert_eq!(count(&server, "SELECT COUNT(*) FROM clients WHERE scopes LIKE '%countersign.admin%'").await, 1, "the demo's, provisioned by name");
        for (id, secret) in [("admin", "admin"), ("admin", "password"), ("countersign", "countersign"), ("root", "root"), ("demo-admin", "admin"), ("demo-admin", "demo-secret")] {
            let answer = server.send(&basic_token(id, secret)).await;
            assert_eq!(answer.status, 401, "{id}");
            assert_bare(&answer, id);
            let basic = Request::new("GET", "/admin/v1/realms/main/clients").basic(id, secret);
            assert_eq!(server.operate(&basic).await.status, 401, "{id}");
        }
    }

    async fn atk_142_a_panic_is_answered_and_survived(server) {
        let (public, stop) = panicking(&server.app).await;
        let before = metric(&server, "countersign_panics_total").await;
        for turn in 1..=3 {
            for path in ["/panic", "/panic/late"] {
                let answer = send(public, &bearer("secret-token", Request::new("GET", path))).await;
                assert_eq!((answer.status, answer.text()), (500, r#"{"error":"server_error"}"#), "{path}");
                assert_bare(&answer, path);
            }
            assert_eq!(metric(&server, "countersign_panics_total").await, before + 2 * turn);
            granted(&send(public, &basic_token("demo", "demo-secret")).await);
            assert_eq!(send(public, &Request::new("GET", "/health/live")).await.status, 200);
        }
        stop.send(()).unwrap();
    }
}

/// The public router with two handlers that panic, behind everything that every handler stands behind.
async fn panicking(app: &Arc<App>) -> (std::net::SocketAddr, oneshot::Sender<()>) {
    async fn at_once() -> &'static str {
        panic!("a panic that holds secret-token")
    }
    async fn late() -> &'static str {
        tokio::task::yield_now().await;
        panic!("a panic that holds secret-token, after an await")
    }
    let router = Router::new().route("/panic", get(at_once)).route("/panic/late", get(late)).merge(routes::public(app.clone()));
    let [public, admin] = [TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap()];
    let address = public.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let listeners = [(public, router), (admin, Router::new())];
    let serving = server::serve_routers(app.clone(), listeners, async { stopped.await.unwrap_or_default() });
    tokio::spawn(async { serving.await.unwrap() });
    (address, stop)
}

/// The demo, whose secrets everybody knows, where others could reach it.
#[tokio::test]
async fn atk_141_the_demo_stays_at_home() {
    for arguments in
        [["--listen", "0.0.0.0:0"], ["--listen", "[::]:0"], ["--admin-listen", "0.0.0.0:0"], ["--listen", "192.0.2.1:0"]]
    {
        let home = tempfile::tempdir().unwrap();
        let mut demo: Command = command(home.path());
        demo.arg("demo").args(arguments);
        assert_refuses(&run(demo).await, &["everybody knows the demo's secrets", "--i-know-this-is-a-demo"]);
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0, "nothing was written");
    }
}
