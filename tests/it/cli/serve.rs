//! `countersign serve`: from an empty folder to a token, and a clean end.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::{House, in_both};
use crate::harness::http::{Request, send};

/// Two addresses that nobody listens on, for a moment at least.
fn free() -> [SocketAddr; 2] {
    let listeners = [(); 2].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap())
}

fn listening(house: &House) -> [SocketAddr; 2] {
    let [public, admin] = free();
    let text = format!("{}[server]\nlisten = \"{public}\"\nadmin_listen = \"{admin}\"\n", house.read("countersign.toml"));
    house.write("countersign.toml", &text);
    [public, admin]
}

async fn started(house: &House) -> Child {
    let mut server =
        house.command(&["serve"]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    for _ in 0..200 {
        if house.run(&["doctor", "--live"]).code == Some(0) {
            return server;
        }
        assert!(server.try_wait().unwrap().is_none(), "{:?}", server.wait_with_output());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    server.kill().unwrap();
    panic!("the server does not answer: {:?}", server.wait_with_output());
}

in_both! {
    async fn from_nothing_to_a_token(house) {
        let [public, admin] = listening(&house);
        let made = house.json(&["bootstrap"]);
        let server = started(&house).await;
        let url = format!("http://{public}/oauth2/token");
        let fetch = ["token", "fetch", "--url", &url, "--client-id", "admin", "--client-secret-stdin"];
        let answer: Value = serde_json::from_str(&house.told(&fetch, made["client_secret"].as_str().unwrap()).good()).unwrap();
        let bearer = format!("Bearer {}", answer["access_token"].as_str().unwrap());
        let clients = send(admin, &Request::new("GET", "/admin/v1/realms/main/clients").header("Authorization", &bearer)).await;
        assert_eq!((clients.status, &clients.json()["items"][0]["id"]), (200, &Value::from("admin")));

        // What is done at the command line counts in the running server within `cache.max_staleness`.
        house.ok(&["client", "disable", "--realm", "main", "admin"]);
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert_eq!(house.told(&fetch, made["client_secret"].as_str().unwrap()).code, Some(1));

        let killed = Command::new("kill").args(["-TERM", &server.id().to_string()]).status().unwrap();
        assert!(killed.success());
        let output = server.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0), "{output:?}");
        let log = String::from_utf8(output.stderr).unwrap();
        assert!(log.contains("shutting down") && !log.contains(made["client_secret"].as_str().unwrap()), "{log}");
    }
}

#[test]
fn an_address_that_is_taken_is_told_with_its_setting() {
    let house = House::on_sqlite();
    let [public, _] = listening(&house);
    let _taken = std::net::TcpListener::bind(public).unwrap();
    let done = house.run(&["serve"]);
    assert_eq!(done.code, Some(1));
    assert!(
        done.err.contains(&format!("cannot listen on {public}: ")) && done.err.contains("set server.listen to another address"),
        "{done:?}"
    );
}
