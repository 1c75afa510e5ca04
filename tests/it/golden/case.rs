//! One outcome of a token or test endpoint: what leads to it, and the golden files that show it.

use std::time::Duration;

use countersign::config::Config;
use countersign::error::ErrorKind;
use countersign::model::{Algorithm, KeyId, KeyState, RateLimit, RealmId};
use countersign::store::{keys, tokens};

use super::partner::Partner;
use super::token;
use crate::harness::clock::BEGINNING;
use crate::harness::golden;
use crate::harness::http::{Request, Response};
use crate::harness::server::Server;

/// What must come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A JWT.
    Jwt,
    /// An opaque token.
    Handle,
    /// An answer without a token.
    Good,
    /// A refusal of this kind.
    Refused(ErrorKind),
}

/// What is special about the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum World {
    Usual,
    /// The second wrong try in a minute is one too many.
    FewTries,
    /// The database does not answer.
    StoreDown,
    /// The realm has no active key any more. There is no way back from there, so it comes last.
    NoKey,
}

/// One step to the outcome.
#[derive(Clone, Debug)]
pub enum Step {
    Ask(Request),
    /// A request made of the answer to the one before.
    Then(fn(&Response) -> Request),
    Wait(Duration),
}

/// An outcome, with the steps that lead to it; the answer to the last one is frozen. Several cases may have one name: then
/// their answers are the same to the last byte.
#[derive(Clone, Debug)]
pub struct Case {
    pub name: String,
    pub outcome: Outcome,
    pub world: World,
    pub steps: Vec<Step>,
}

impl Case {
    pub fn good(name: &str, outcome: Outcome, request: Request) -> Self {
        Self { name: name.to_owned(), outcome, world: World::Usual, steps: vec![Step::Ask(request)] }
    }

    /// A refusal, named by its kind.
    pub fn refused(kind: ErrorKind, request: Request) -> Self {
        Self::good(kind.as_str(), Outcome::Refused(kind), request)
    }

    pub fn named(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    pub fn in_world(self, world: World) -> Self {
        Self { world, ..self }
    }

    pub fn after(self, mut steps: Vec<Step>) -> Self {
        steps.extend(self.steps);
        Self { steps, ..self }
    }

    /// The golden files that show it.
    pub fn files(&self, partner: &Partner) -> Vec<String> {
        let file = |extension: &str| format!("{}/{}.{extension}", partner.dialect, self.name);
        let token = (self.outcome == Outcome::Jwt).then(|| file("token.json"));
        std::iter::once(file("http")).chain(token).collect()
    }

    /// Goes the steps on a server of its own, so that chance and clock begin where they always do, and compares.
    pub async fn freeze(&self, partner: &Partner, base: &Server) {
        forget_tokens(base).await;
        let server = Server::on(&base.url, |config| self.world.configure(config)).await;
        self.world.prepare(&server, partner).await;
        let answer = self.go(&server).await;
        let has_token = ["access_token", "refresh_token", "eyJ"].iter().any(|mark| answer.text().contains(mark));
        let is_due = matches!(self.outcome, Outcome::Jwt | Outcome::Handle);
        assert_eq!(
            (has_token, answer.status < 400),
            (is_due, is_due || self.outcome == Outcome::Good),
            "{}: {answer:?}",
            self.name
        );
        if let Outcome::Refused(kind) = self.outcome {
            self.is_counted(&server, kind);
        }
        let files = self.files(partner);
        golden::check(&files[0], &golden::wire(&answer));
        if self.outcome == Outcome::Jwt {
            golden::check(&files[1], &token::verified(&server, partner.realm, token::of(&answer)).await);
        }
    }

    async fn go(&self, server: &Server) -> Response {
        let mut last = None;
        for step in &self.steps {
            let request = match step {
                Step::Ask(request) => request.clone(),
                Step::Then(next) => next(last.as_ref().expect("something was answered before")),
                Step::Wait(time) => {
                    server.clock.advance(*time);
                    continue;
                }
            };
            last = Some(server.send(&request).await);
        }
        last.expect("a case has a request")
    }

    /// It was refused for that reason and no other: the metrics count what the token endpoint refuses.
    fn is_counted(&self, server: &Server, kind: ErrorKind) {
        if !self.name.starts_with("test_") {
            let metrics = server.app.metrics.encode(server.app.readings());
            let counted = format!("countersign_tokens_refused_total{{kind=\"{kind}\"}} 1\n");
            assert!(metrics.contains(&counted), "{}: not refused as {kind}:\n{metrics}", self.name);
        }
    }
}

/// Where chance begins again, an opaque token is one that is there already.
async fn forget_tokens(server: &Server) {
    let mut session = server.app.db.write().await.unwrap();
    tokens::prune(&mut session.conn(), BEGINNING.after(Duration::from_secs(86400)), 100).await.unwrap();
}

impl World {
    fn configure(self, config: &mut Config) {
        if self == Self::FewTries {
            config.guard.failed_tries = RateLimit { count: 1, per: Duration::from_secs(60) };
        }
    }

    async fn prepare(self, server: &Server, partner: &Partner) {
        match self {
            Self::Usual | Self::FewTries => {}
            Self::StoreDown => server.app.db.close().await,
            Self::NoKey => {
                let (realm, kid) = (RealmId::new(partner.realm), KeyId::new(format!("{}-{}", partner.realm, Algorithm::Rs256)));
                let mut session = server.app.db.write().await.unwrap();
                let graced =
                    keys::transition(&mut session.conn(), &realm, &kid, KeyState::Active, KeyState::Grace, BEGINNING).await;
                assert!(graced.unwrap());
                drop(session);
                server.refresh().await;
            }
        }
    }
}
