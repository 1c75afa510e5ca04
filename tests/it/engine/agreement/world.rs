//! Two nodes on one database: changes are made at the first, over HTTP, and everybody who judges a token is asked at both.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use countersign::admin::service::SecretSource;
use countersign::audit::Actor;
use countersign::config::Config;
use countersign::model::{ClientId, RealmId};
use proptest::sample::Index;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::model::{BANK, FUND, HOUSE, LENDER, Model, PARTIES, SIGNER, Token, USER};
use super::{Forgery, Kind};
use crate::edge::tools::decoded;
use crate::edge::{account, lc_as, post};
use crate::harness::exchange::{ACCESS_TOKEN, GRANT};
use crate::harness::http::Request;
use crate::harness::server::{Backend, Server, database};

const EMAIL: &str = "signer@bank.example";
const PASSWORD: &str = "correct horse battery staple";
/// An API of each realm, its scopes, and who serves it beside the realm's own gateway.
const APIS: [(&str, &str, &[&str], &[&str]); 3] = [
    ("main", "https://api.example.com", &["read", "write"], &["gateway", "service"]),
    ("lc", "https://api.lendingclub.com/", &["oob"], &["gateway"]),
    ("loanstreet", "https://api.loan-street.com/", &["https://api.loan-street.com/auth/cls-deal.view"], &["gateway"]),
];
const RSA: &str = include_str!("../../fixtures/rs256.pem");

pub struct World {
    pub one: Server,
    pub other: Server,
    pub model: Model,
    url: String,
    lived: Duration,
    /// Of each client, by realm and name.
    secrets: HashMap<(&'static str, &'static str), String>,
    /// The newest signs.
    kids: Vec<String>,
    made: u64,
    _home: Option<TempDir>,
}

/// The shipped contracts that issue here, each with a test endpoint, and the plain one once more with handles.
fn contracts(config: &mut Config) {
    static DIR: LazyLock<PathBuf> = LazyLock::new(|| {
        let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("agreement");
        std::fs::create_dir_all(&home).unwrap();
        let shipped =
            |name: &str| std::fs::read_to_string(format!("{}/config/dialects/{name}.toml", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let write = |name: &str, text: &str| {
            let test = format!("\n[test]\npath = \"/test/{name}\"\nmethod = \"GET\"\n");
            std::fs::write(home.join(format!("{name}.toml")), format!("{text}{test}")).unwrap();
        };
        ["oauth2", "lendingclub", "loanstreet"].iter().for_each(|name| write(name, &shipped(name)));
        let handles = [
            (r#"paths = ["/oauth2/token", "/realms/{realm}/oauth2/token"]"#, r#"paths = ["/opaque/token"]"#),
            (r#"source = "path""#, r#"source = "fixed""#),
            (r#"format = "jwt""#, r#"format = "opaque256""#),
        ];
        let opaque = handles.iter().fold(shipped("oauth2"), |text, (before, after)| {
            assert_eq!(text.matches(before).count(), 1, "{before}");
            text.replace(before, after)
        });
        write("opaque", &opaque);
        home
    });
    config.dialects.dir = Some(DIR.clone());
}

impl World {
    /// Everybody is there, and no token.
    pub async fn new(backend: Backend) -> Option<Self> {
        let (url, home) = database(backend).await?;
        let (one, other) = (Server::on(&url, contracts).await, Server::seeded(&url, 8, contracts).await);
        let (model, kids) = (Model { now: one.app.now().seconds(), ..Model::default() }, vec!["main-RS256".to_owned()]);
        let (lived, secrets, made) = (Duration::ZERO, HashMap::new(), 8);
        let mut world = Self { one, other, model, url, lived, secrets, kids, made, _home: home };
        world.populate().await;
        Some(world)
    }

    async fn populate(&mut self) {
        let (ops, shell) = (self.one.ops(), Actor::Shell);
        for (at, name) in [(BANK, "Bank"), (HOUSE, "House")] {
            let new = serde_json::from_value(json!({ "id": PARTIES[at].id, "name": name })).unwrap();
            ops.create_institution(&shell, &RealmId::new("main"), new).await.unwrap();
        }
        let (bank, house, fund) = (PARTIES[BANK].id, PARTIES[HOUSE].id, PARTIES[FUND].id);
        let all = ["read", "write", "act-on-behalf-of"];
        let swaps = ["client_credentials", GRANT];
        self.client("main", "partner", json!({ "scopes": all, "institution": bank })).await;
        self.client("main", "service", json!({ "scopes": all, "institution": house, "grants": swaps })).await;
        self.client("main", "operator", json!({ "scopes": ["read", "countersign.admin"] })).await;
        self.client("main", "root", json!({ "scopes": ["countersign.admin"] })).await;
        self.client("lc", "investor", json!({ "scopes": ["oob"], "institution": fund })).await;
        for (realm, audience, scopes, owners) in APIS {
            self.client(realm, "gateway", json!({ "scopes": scopes, "grants": swaps })).await;
            let api = serde_json::from_value(json!({ "audience": audience, "scopes": scopes, "owners": owners })).unwrap();
            ops.put_api(&shell, &RealmId::new(realm), &api).await.unwrap();
        }
        let user = json!({ "id": PARTIES[USER].id, "institution": bank });
        let signer = json!({ "id": PARTIES[SIGNER].id, "institution": PARTIES[LENDER].id, "email": EMAIL, "password": PASSWORD });
        for (realm, new) in [("main", user), ("loanstreet", signer)] {
            ops.create_user(&shell, &RealmId::new(realm), &serde_json::from_value(new).unwrap()).await.unwrap();
        }
        self.one.refresh().await;
        self.other.refresh().await;
    }

    async fn client(&mut self, realm: &'static str, id: &'static str, mut new: Value) {
        new["id"] = id.into();
        let (ops, of) = (self.one.ops(), RealmId::new(realm));
        ops.create_client(&Actor::Shell, &of, serde_json::from_value(new).unwrap()).await.unwrap();
        let added = ops.add_secret(&Actor::Shell, &of, &ClientId::new(id), SecretSource::Generated, None).await.unwrap();
        self.secrets.insert((realm, id), added.secret.unwrap().expose().clone());
    }

    /// A new history: everybody is on again, and the tokens of the last are forgotten.
    pub async fn begin(&mut self) {
        for party in (0..PARTIES.len()).filter(|party| self.model.is_off[*party]).collect::<Vec<_>>() {
            self.switch(party).await;
        }
        self.model.tokens.clear();
        self.wait(Duration::from_secs(60));
    }

    /// A form of this client for an endpoint of its realm.
    fn asks(&self, (realm, id): (&'static str, &'static str), endpoint: &str, form: &[(&str, &str)]) -> Request {
        post(&format!("/realms/{realm}/oauth2/{endpoint}")).basic(id, &self.secrets[&(realm, id)]).form(form)
    }

    pub fn swap(&self, who: (&'static str, &'static str), token: &str, more: &[(&str, &str)]) -> Request {
        let usual = [("grant_type", GRANT), ("subject_token", token), ("subject_token_type", ACCESS_TOKEN)];
        self.asks(who, "token", &[&usual, more].concat())
    }

    /// A token comes about if, and only if, everybody behind it is on.
    pub async fn issue(&mut self, kind: Kind) {
        let grant = [("grant_type", "client_credentials")];
        let (own, service) = (("main", "partner"), ("main", "service"));
        let request = match kind {
            Kind::Own => self.asks(own, "token", &grant),
            Kind::Opaque => post("/opaque/token").basic("partner", &self.secrets[&own]).form(&grant),
            Kind::Uuid => lc_as("investor", &self.secrets[&("lc", "investor")]),
            Kind::Account => account(EMAIL, PASSWORD).header("Accept", "application/json"),
            Kind::Admin => self.asks(("main", "operator"), "token", &grant),
            Kind::Passed | Kind::Acting => {
                let Some(from) = self.mint(Kind::Own, self.asks(own, "token", &grant)).await else { return };
                let user = format!("user {}", PARTIES[USER].id);
                let about = [("requested_subject", user.as_str())];
                self.swap(service, &from, if kind == Kind::Acting { &about } else { &[] })
            }
        };
        self.mint(kind, request).await;
    }

    async fn mint(&mut self, kind: Kind, request: Request) -> Option<String> {
        let answer = self.one.send(&request).await;
        assert_eq!(answer.status == 200, self.model.are_on(kind.parties()), "{kind:?}: {answer:?}");
        let text = answer.json()["access_token"].as_str()?.to_owned();
        let said = self.one.send(&self.introspect(kind, &text)).await.json();
        let (id, expires_at) = (said["jti"].as_str().unwrap().to_owned(), said["exp"].as_i64().unwrap());
        let kid = text.contains('.').then(|| decoded(&text).0["kid"].as_str().unwrap().to_owned());
        if let (Some(kid), "main") = (&kid, kind.realm()) {
            assert_eq!((Some(kid), &decoded(&text).1["jti"]), (self.kids.last(), &json!(id)));
        }
        self.model.tokens.push(Token { text: text.clone(), kind, id, kid, expires_at, ended: false });
        Some(text)
    }

    pub fn introspect(&self, kind: Kind, text: &str) -> Request {
        self.asks((kind.realm(), "gateway"), "introspect", &[("token", text)])
    }

    fn at(&self, token: &Index) -> Option<usize> {
        (!self.model.tokens.is_empty()).then(|| token.index(self.model.tokens.len()))
    }

    /// By its own client, which must be able to prove who it is; accounts sign in through one that cannot.
    pub async fn revoke(&mut self, token: &Index) {
        let Some(at) = self.at(token) else { return };
        let Token { kind, text, .. } = self.model.tokens[at].clone();
        let client = PARTIES[kind.parties()[0]];
        if kind == Kind::Account {
            return;
        }
        let answer = self.one.send(&self.asks((client.realm, client.id), "revoke", &[("token", &text)])).await;
        // It, and its institution if it has one.
        let proves = self.model.are_on(&kind.parties()[..kind.parties().len().min(2)]);
        assert_eq!(answer.status, if proves { 200 } else { 401 }, "{answer:?}");
        self.model.tokens[at].ended |= proves;
    }

    pub async fn revoke_by_id(&mut self, token: &Index) {
        let Some(at) = self.at(token) else { return };
        let Token { kind, id, .. } = self.model.tokens[at].clone();
        self.operate(&format!("{}/tokens/revoke", kind.realm()), Some(json!({ "id": id }))).await;
        self.model.end(|token| token.id == id);
    }

    pub async fn revoke_all(&mut self, party: usize) {
        let (whose, id, noun) = (PARTIES[party].realm, PARTIES[party].id, PARTIES[party].noun);
        self.operate(&format!("{whose}/{noun}/{id}/revoke-tokens"), None).await;
        self.model.end(|token| token.kind.parties().contains(&party));
    }

    pub async fn switch(&mut self, party: usize) {
        let (whose, id, noun) = (PARTIES[party].realm, PARTIES[party].id, PARTIES[party].noun);
        let verb = match (noun, self.model.is_off[party]) {
            ("users", true) => "unblock",
            ("users", false) => "block",
            (_, true) => "enable",
            (_, false) => "disable",
        };
        self.operate(&format!("{whose}/{noun}/{id}/{verb}"), None).await;
        self.model.is_off[party] ^= true;
    }

    pub fn forge(&mut self, token: &Index, forgery: Forgery) {
        let Some(at) = self.at(token) else { return };
        let genuine = &self.model.tokens[at];
        let text = match forgery {
            Forgery::Longer => format!("{}A", genuine.text),
            Forgery::Shorter => genuine.text.strip_suffix(|_| true).unwrap().to_owned(),
            Forgery::Capitals => genuine.text.to_uppercase(),
        };
        let forged = Token { text, ended: true, ..genuine.clone() };
        self.model.tokens.push(forged);
    }

    pub fn wait(&mut self, by: Duration) {
        self.lived += by;
        self.one.clock.advance(by);
        self.other.clock.advance(by);
        self.model.now = self.one.app.now().seconds();
    }

    pub async fn rotate(&mut self) {
        self.made += 1;
        let kid = format!("key-{}", self.made);
        self.operate("main/keys", Some(json!({ "algorithm": "RS256", "kid": kid, "pem": RSA }))).await;
        self.operate(&format!("main/keys/{kid}/activate?force=true"), None).await;
        self.kids.push(kid);
    }

    pub async fn retire(&mut self) {
        let newest = self.kids.len() - 1;
        for kid in self.kids.drain(..newest).collect::<Vec<_>>() {
            self.operate(&format!("main/keys/{kid}/retire?force=true"), None).await;
            self.model.end(|token| token.kid.as_ref() == Some(&kid));
        }
    }

    pub async fn restart(&mut self) {
        self.made += 1;
        self.one.stop().await;
        self.one = Server::seeded(&self.url, self.made, contracts).await;
        self.one.clock.advance(self.lived);
    }

    /// One operation, by an administrator of its own.
    async fn operate(&self, path: &str, body: Option<Value>) {
        let request = self.asks(("main", "root"), "token", &[("grant_type", "client_credentials")]);
        let root = self.one.send(&request).await.json()["access_token"].as_str().unwrap().to_owned();
        let request =
            Request::new("POST", &format!("/admin/v1/realms/{path}")).header("Authorization", &format!("Bearer {root}"));
        let answer = self.one.operate(&body.map_or(request.clone(), |body| request.json(&body))).await;
        assert!((200..300).contains(&answer.status), "{path}: {answer:?}");
    }
}
