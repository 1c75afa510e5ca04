//! `countersign demo`: every command that it prints works, and starting it again finds everything in its place.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;

use super::{oauth2, said, token};
use crate::harness::http::{Request, Response, form_encoded};
use crate::harness::process::{Process, command};

#[tokio::test]
async fn every_printed_command_works() {
    let home = tempfile::tempdir().unwrap();
    let process = Process::demo(&home.path().join("data"), &[]).await;
    let printed = process.output();
    let mut answers = Vec::new();
    for line in printed.lines().filter(|line| line.starts_with("curl ")) {
        let answer = run(&process, line).await;
        assert_eq!(answer.status, 200, "{line}: {}", answer.text());
        answers.push(answer);
    }
    let [rfc6749, account, service, lendingclub, crossriver, uphold, verify, introspection, metadata, jwks, admin] =
        answers.as_slice()
    else {
        panic!("{} commands: {printed}", answers.len());
    };
    let issuer = |realm: &str| format!("http://{}/realms/{realm}", process.public);
    assert_eq!(said(&token(rfc6749), 1, "iss"), issuer("main"));
    assert_eq!(said(account.text(), 1, "iss"), issuer("loanstreet/"), "a bare JWT");
    assert_eq!(said(&token(service), 1, "client_id"), "0ab6P6SFnWoAPeTkt3Ec0QZwJEC9xyzQ");
    assert_eq!(lendingclub.json()["scope"], "oob");
    assert_eq!(token(lendingclub).len(), 36, "a UUID");
    assert_eq!(crossriver.json()["scope"], "scope1 scope2");
    assert_eq!(uphold.json()["scope"], "users:* users.kyc:read");
    assert_eq!((verify.header("x-auth-client"), verify.header("x-auth-scopes")), (Some("demo"), Some("read write")));
    assert_eq!((&introspection.json()["active"], &introspection.json()["client_id"]), (&true.into(), &"demo".into()));
    assert_eq!(metadata.json()["issuer"], issuer("main"));
    assert_eq!(jwks.json()["keys"][0]["kid"], said(account.text(), 0, "kid"));
    assert_eq!(admin.json()["items"][0]["id"], "acme");
}

#[tokio::test]
async fn a_second_start_finds_everything_under_its_new_address() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let mut first = Process::demo(&data, &[]).await;
    let keys = async |process: &Process| process.send(&Request::new("GET", "/realms/main/jwks.json")).await.json();
    let (before, old) = (keys(&first).await, token(&first.send(&oauth2("demo", "demo-secret")).await));
    private(&data);
    first.stop().await;

    let second = Process::demo(&data, &[]).await;
    assert_ne!(second.public, first.public);
    assert_eq!(keys(&second).await, before);
    let new = token(&second.send(&oauth2("demo", "demo-secret")).await);
    assert_eq!(said(&old, 1, "iss"), format!("http://{}/realms/main", first.public));
    assert_eq!(said(&new, 1, "iss"), format!("http://{}/realms/main", second.public));
    let metadata = second.send(&Request::new("GET", "/realms/main/.well-known/openid-configuration")).await.json();
    assert_eq!(metadata["token_endpoint"], format!("http://{}/realms/main/oauth2/token", second.public));
    private(&data);
}

#[tokio::test]
async fn it_starts_on_no_data_of_another_master_key() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    Process::demo(&data, &[]).await.stop().await;
    fs::remove_file(data.join("master.key")).unwrap();
    let refused =
        command(&["demo", "--data-dir", data.to_str().unwrap(), "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""));
    assert!(refused.stderr.contains("the database was written under another master key"), "{}", refused.stderr);
}

#[tokio::test]
async fn others_cannot_reach_it_unless_told_so() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    for (public, admin) in [("0.0.0.0:0", "127.0.0.1:0"), ("127.0.0.1:0", "0.0.0.0:0"), ("[::]:0", "127.0.0.1:0")] {
        let refused = command(&["demo", "--data-dir", data.to_str().unwrap(), "--listen", public, "--admin-listen", admin]);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""), "{public}, {admin}");
        assert!(refused.stderr.contains("--i-know-this-is-a-demo"), "{}", refused.stderr);
        assert!(!data.exists(), "a refused start leaves nothing behind");
    }
    let told = Process::demo(&data, &["--i-know-this-is-a-demo"]).await;
    token(&told.send(&oauth2("demo", "demo-secret")).await);
}

/// The data is its owner's alone.
fn private(data: &Path) {
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(data), 0o700);
    let files: Vec<_> = fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(["master.key", "countersign.db"].iter().all(|name| files.contains(&data.join(name))), "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

/// Does what a shell and curl would make of a printed line.
async fn run(process: &Process, line: &str) -> Response {
    let request = match line.split_once("$(") {
        None => curl(line),
        Some((before, rest)) => {
            let (inner, after) = rest.split_once(')').map(|(inner, _)| (inner, rest.rsplit_once(')').unwrap().1)).unwrap();
            let (inner, _sed) = inner.split_once(" | ").unwrap();
            let token = token(&send(process, &curl(inner)).await);
            curl(&format!("{before}{token}{after}"))
        }
    };
    send(process, &request).await
}

async fn send(process: &Process, (authority, request): &(String, Request)) -> Response {
    if *authority == process.admin.to_string() {
        return process.operate(request).await;
    }
    assert_eq!(*authority, process.public.to_string());
    process.send(request).await
}

/// A curl command as its authority and request.
fn curl(line: &str) -> (String, Request) {
    let mut words = words(line).into_iter();
    assert_eq!((words.next().as_deref(), words.next().as_deref()), (Some("curl"), Some("-fsS")));
    let (mut url, mut user, mut headers, mut data) = (None, None, Vec::new(), Vec::new());
    while let Some(word) = words.next() {
        let mut argument = || words.next().unwrap();
        match word.as_str() {
            "-u" => user = Some(argument()),
            "-H" => headers.push(argument()),
            "-d" => data.push(argument()),
            "-i" => {}
            "--data-urlencode" => {
                let (name, value) =
                    argument().split_once('=').map(|(name, value)| (name.to_owned(), form_encoded(value))).unwrap();
                data.push(format!("{name}={value}"));
            }
            _ => assert!(url.replace(word).is_none(), "two URLs: {line}"),
        }
    }
    let url = url.unwrap();
    let (authority, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut request = Request::new(if data.is_empty() { "GET" } else { "POST" }, &format!("/{path}"));
    if let Some((id, secret)) = user.as_ref().and_then(|user| user.split_once(':')) {
        request = request.basic(id, secret);
    }
    let typed = headers.iter().any(|header| header.starts_with("Content-Type:"));
    for (name, value) in headers.iter().map(|header| header.split_once(": ").unwrap()) {
        request = request.header(name, value);
    }
    if !data.is_empty() {
        request = if typed { request } else { request.header("Content-Type", "application/x-www-form-urlencoded") };
        request = request.body(data.join("&"));
    }
    (authority.to_owned(), request)
}

/// The words of a line in a shell, quotes taken away.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quote, mut fresh) = (Vec::<String>::new(), None, true);
    for letter in line.chars() {
        match (quote, letter) {
            (None, ' ') => fresh = true,
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            _ => {
                if std::mem::take(&mut fresh) {
                    words.push(String::new());
                }
                words.last_mut().unwrap().push(letter);
            }
        }
    }
    words
}

#[test]
fn words_are_a_shells() {
    assert_eq!(words(r#"curl 'a b' -d 'x="y"' --z="it's""#), ["curl", "a b", "-d", r#"x="y""#, "--z=it's"]);
    let _: Value = serde_json::from_str(&words(r#"-d '{"a":"b c"}'"#)[1]).unwrap();
}
