//! Requests of every kind, with every secret in them and in their answers written into the book.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use countersign::clock::{Clock, SystemClock};
use countersign::credential::totp::decode_base32;
use serde_json::{Value, json};

use super::search::Book;
use crate::harness::http::{Request, Response, form_encoded};
use crate::harness::process::Process;
use crate::process::{bearer, token};

const PASSWORD: &str = "correct horse battery staple";
const TOTP: &str = "JBSWY3DPEHPK3PXP";
const LENDINGCLUB: (&str, &str) = ("P9L8PJ9QIAFAKBNQG6E0", "DGj2XuKWjFb0y9x7ABKkAXscvQ2zEiu7bPMGwr0Lk/3joGIMWg");
const UPHOLD: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
const PEM: &str = include_str!("../fixtures/es256.pem");

pub struct Traffic<'a> {
    pub process: &'a Process,
    pub book: &'a mut Book,
    pub sent: u8,
}

impl Traffic<'_> {
    /// Sends a request from an address of its own, so that no limit is met, and expects this status.
    async fn send(&mut self, request: Request, status: u16) -> Response {
        self.sent += 1;
        let address = format!("192.0.2.{}", self.sent);
        let answer = self.process.send(&request.clone().header("X-Forwarded-For", &address)).await;
        assert_eq!(answer.status, status, "{:?}: {}", String::from_utf8_lossy(&request.bytes()), answer.text());
        answer
    }

    async fn operate(&mut self, request: Request, status: u16) -> Response {
        let answer = self.process.operate(&request).await;
        assert_eq!(answer.status, status, "{:?}: {}", String::from_utf8_lossy(&request.bytes()), answer.text());
        answer
    }

    fn keep(&mut self, secret: &str) -> String {
        self.book.keep(secret);
        secret.to_owned()
    }

    /// A form with a secret in it, answered with this status.
    async fn form(&mut self, path: &str, pairs: &[(&str, &str)], secret: &str, status: u16) -> Response {
        self.keep(secret);
        self.send(Request::new("POST", path).form(pairs), status).await
    }

    async fn basic(&mut self, path: &str, (id, secret): (&str, &str), status: u16) -> Response {
        self.keep(secret);
        self.keep(&format!("{id}:{secret}"));
        self.send(Request::new("POST", path).basic(id, secret).form(&[("grant_type", "client_credentials")]), status).await
    }

    /// Every contract's clients, right and wrong.
    pub async fn of_contracts(&mut self) {
        let grant = ("grant_type", "client_credentials");
        for (path, id, secret) in [("/oauth2/token", "demo", "demo-secret"), ("/core/oauth2/token", UPHOLD, "s3cr3t-uphold")] {
            let answer = self.basic(path, (id, secret), 200).await;
            self.book.keep_token(&token(&answer));
            self.basic(path, (id, &format!("wrong-{secret}+%2B")), 401).await;
            self.basic(path, ("nobody-at-all", &format!("unknown {secret}")), 401).await;
            // A secret in the place of the name.
            self.basic(path, (&format!("id-{secret}"), "the-name-of-it"), 401).await;
        }
        let acme = [grant, ("client_id", "acme"), ("client_secret", "s3cr3t-crossriver")];
        let crossriver = token(&self.form("/connect/token", &acme, "s3cr3t-crossriver", 200).await);
        self.book.keep_token(&crossriver);
        let wrong = [grant, ("client_id", "acme"), ("client_secret", "wr0ng-crossriver")];
        self.form("/connect/token", &wrong, "wr0ng-crossriver", 400).await;
        let scope = [acme.as_slice(), &[("scope", "scope1 secret-in-scope")]].concat();
        self.form("/connect/token", &scope, "secret-in-scope", 400).await;
        let audience = [acme.as_slice(), &[("audience", "secret-in-audience")]].concat();
        self.form("/connect/token", &audience, "secret-in-audience", 400).await;
        let test = |token: &str| bearer(Request::new("GET", "/api/SignupCard/TestOauth"), token);
        self.send(test(&crossriver), 200).await;
        let tampered = format!("{crossriver}AAAA");
        self.book.keep_token(&tampered);
        self.send(test(&tampered), 401).await;
        let unknown = self.keep("5e7f3c1a-9b1d-4c58-8a39-0f4d1b2c7e66");
        self.send(test(&unknown), 401).await;

        for (secret, status) in [(LENDINGCLUB.1, 200), ("wrong/lendingclub+secret", 401)] {
            let encoded = BASE64_STANDARD.encode(format!("{}:{}", LENDINGCLUB.0, self.keep(secret)));
            self.keep(&encoded);
            let request =
                Request::new("POST", "/auth/oauth/v2/token?realm=lc").json(&json!({ "grant_type": "client_credentials" }));
            let answer = self.send(request.header("Authorization", &format!("LC-API2 {encoded}")), status).await;
            if status == 200 {
                self.book.keep_token(&token(&answer));
            }
        }
    }

    /// People: passwords, one-time passwords, the handle between the two steps.
    pub async fn of_accounts(&mut self) {
        for secret in [PASSWORD, TOTP, "s3cr3t-loanstreet", "wrong password of jane", "wrong-loanstreet"] {
            self.keep(secret);
        }
        self.keep(&BASE64_STANDARD.encode(decode_base32(TOTP).unwrap().expose()));
        let post = |body: Value| Request::new("POST", "/oauth/token").json(&body);
        let account = self.send(post(json!({ "email": "jane@bank.example", "password": PASSWORD })), 200).await;
        self.book.keep_token(account.text());
        self.send(post(json!({ "email": "jane@bank.example", "password": "wrong password of jane" })), 401).await;
        self.send(post(json!({ "email": PASSWORD, "password": "wrong password of jane" })), 401).await;
        for (secret, status) in [("s3cr3t-loanstreet", 200), ("wrong-loanstreet", 401)] {
            let body = json!({ "client_id": "0ab6P6SFnWoAPeTkt3Ec0QZwJEC9xyzQ", "client_secret": secret });
            let answer = self.send(post(body), status).await;
            if status == 200 {
                self.book.keep_token(&token(&answer));
            }
        }
        let first = json!({ "email": "mfa@bank.example", "password": PASSWORD });
        let handle = self.send(post(first.clone()), 403).await.json()["mfa_token"].as_str().unwrap().to_owned();
        self.keep(&handle);
        let code = code_of(TOTP);
        let other = format!("{:06}", (code.parse::<u32>().unwrap() + 500_000) % 1_000_000);
        self.book.keep_number(&code);
        self.book.keep_number(&other);
        self.send(post(json!({ "mfa_token": handle, "otp": other })), 401).await;
        let account = self.send(post(json!({ "mfa_token": handle, "otp": code })), 200).await;
        self.book.keep_token(account.text());
        let mut replay = first;
        replay["otp"] = code.into();
        self.send(post(replay), 401).await;
        let forged = self.keep("Zm9yZ2VkLW1mYS10b2tlbi1vZi1ub2JvZHk");
        self.send(post(json!({ "mfa_token": forged, "otp": other })), 401).await;
    }

    /// What operators send and are given.
    pub async fn of_operations(&mut self) {
        let admin = token(&self.basic("/oauth2/token", ("demo-admin", "demo-admin-secret"), 200).await);
        self.book.keep_token(&admin);
        let ask = |method: &str, path: &str| bearer(Request::new(method, &format!("/admin/v1/realms/main/{path}")), &admin);
        let post = |path: &str, body: Value| ask("POST", path).json(&body);
        let made = self.operate(post("clients/demo/secrets", json!({ "overlap": "1h" })), 201).await.json();
        let made = made["secret"].as_str().unwrap().to_owned();
        self.keep(&made);
        self.keep(made.strip_prefix("cs_").unwrap());
        let answer = self.basic("/oauth2/token", ("demo", &made), 200).await;
        self.book.keep_token(&token(&answer));
        let last = made.chars().last().unwrap();
        let mistyped = format!("{}{}", made.strip_suffix(last).unwrap(), if last == 'A' { 'B' } else { 'A' });
        self.basic("/oauth2/token", ("demo", &mistyped), 401).await;

        let chosen = self.keep("a secret that was chosen by hand");
        self.operate(post("clients/demo/secrets", json!({ "secret": chosen })), 201).await;
        self.basic("/oauth2/token", ("demo", &chosen), 200).await;
        for (name, secret) in [("secrett", "misnamed-secret"), ("hash", "unknown-hash-format")] {
            let secret = self.keep(secret);
            self.operate(post("clients/demo/secrets", json!({ name: secret })), 400).await;
        }
        self.keep("87654321012345");
        self.operate(post("clients/demo/secrets", json!({ "secret": 87_654_321_012_345_u64 })), 400).await;

        for line in PEM.lines().filter(|line| !line.starts_with('-')) {
            self.keep(line);
        }
        self.operate(post("keys", json!({ "algorithm": "ES256", "kid": "imported", "pem": PEM })), 201).await;
        let broken = self.keep("MC4CAQAwBQYDK2VwBCIEIbroken");
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{broken}\n-----END PRIVATE KEY-----");
        self.operate(post("keys", json!({ "algorithm": "ES256", "pem": pem })), 400).await;

        self.operate(post("users", json!({ "id": "erin", "email": "erin@bank.example" })), 201).await;
        let password = self.keep("a new passphrase of Erin's");
        self.operate(ask("PUT", "users/erin/password").json(&json!({ "password": password })), 204).await;
        let totp = self.keep("KRUGS4ZANFZSA5DPORYCA43F");
        self.operate(ask("PUT", "users/erin/totp").json(&json!({ "totp_secret": totp })), 204).await;
        let stranger = self.keep("not-a-token-but-still-secret");
        self.operate(bearer(Request::new("GET", "/admin/v1/realms/main/clients"), &stranger), 401).await;
    }

    /// Secrets where none belong.
    pub async fn of_nonsense(&mut self) {
        let plain = |method: &str, target: &str| Request::new(method, target);
        let in_query = self.keep("secret-in-the-query");
        self.send(
            plain("POST", &format!("/oauth2/token?client_secret={in_query}")).form(&[("grant_type", "client_credentials")]),
            400,
        )
        .await;
        self.send(plain("GET", &format!("/oauth2/token?client_secret={in_query}")), 405).await;
        let in_path = self.keep("secret-in-the-path");
        self.send(plain("GET", &format!("/realms/{in_path}/jwks.json")), 404).await;
        self.send(plain("GET", &format!("/{in_path}")), 404).await;
        self.operate(plain("GET", &format!("/admin/v1/realms/{in_path}/clients")), 401).await;
        let [cookie, named, method] =
            ["secret-in-a-cookie", "secret-in-a-header", "SECRETASMETHOD"].map(|secret| self.keep(secret));
        let request = plain("GET", "/health/ready").header("Cookie", &format!("session={cookie}")).header("X-Api-Key", &named);
        self.send(request.header("X-Request-Id", &named), 200).await;
        self.send(plain(&method, "/oauth2/token"), 405).await;

        let broken = self.keep("secret-in-a-broken-body");
        for (path, body, status) in [
            ("/oauth/token", format!("{{\"email\":\"jane@bank.example\",\"password\":\"{broken}\""), 400),
            ("/oauth/token", format!("{{\"password\":\"{broken}\",\"password\":\"{broken}\"}}"), 400),
            ("/oauth/token", format!("{{\"email\":\"jane@bank.example\",\"password\":[\"{broken}\"]}}"), 400),
        ] {
            self.send(plain("POST", path).header("Content-Type", "application/json").body(body), status).await;
        }
        let twice = [
            ("grant_type", "client_credentials"),
            ("client_id", "acme"),
            ("client_secret", &*broken),
            ("client_secret", &*broken),
        ];
        self.send(plain("POST", "/connect/token").form(&twice), 400).await;
        self.send(plain("POST", "/connect/token").form(&[("grant_type", &broken)]), 400).await;
        let request = plain("POST", "/oauth2/token").form(&[("grant_type", "client_credentials")]);
        for header in
            [format!("Bearer {broken}"), format!("Basic {broken}"), format!("Basic {}", form_encoded("ä")), broken.clone()]
        {
            self.send(request.clone().header("Authorization", &header), 401).await;
        }
    }
}

/// The one-time password of this moment (RFC 6238).
fn code_of(secret: &str) -> String {
    let step = SystemClock::new().now().seconds() / 30;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, decode_base32(secret).unwrap().expose());
    let mac = hmac::sign(&key, &step.to_be_bytes());
    let offset = usize::from(mac.as_ref()[19] & 15);
    let number = u32::from_be_bytes(mac.as_ref()[offset..offset + 4].try_into().unwrap());
    format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
}
