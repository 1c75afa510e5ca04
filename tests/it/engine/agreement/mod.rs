//! All who judge a token agree: whatever happened to it and to those behind it, `/verify`, introspection, the test endpoint, token
//! exchange and the admin API say the same of it, and what a few plain rules say; on the node that made the change at once,
//! and on another as soon as it has heard.

mod judges;
mod model;
mod world;

use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use self::model::PARTIES;
use self::world::World;
use crate::harness::server::Backend;

/// What a token is, and how it comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A partner's JWT.
    Own,
    /// A partner's handle.
    Opaque,
    /// An investor's UUID.
    Uuid,
    /// A partner's token that a service exchanged.
    Passed,
    /// The same, about a user.
    Acting,
    /// Of an account that signed in.
    Account,
    /// An administrator's.
    Admin,
}

/// How a token is forged of a genuine one.
#[derive(Clone, Copy, Debug)]
pub enum Forgery {
    Longer,
    Shorter,
    Capitals,
}

#[derive(Clone, Debug)]
enum Step {
    Issue(Kind),
    /// By the client that it was issued to (RFC 7009).
    Revoke(Index),
    /// By an operator, by its id.
    RevokeById(Index),
    /// Every token that concerns this party.
    RevokeAll(usize),
    /// Off, or on again: a client, an institution, an account.
    Switch(usize),
    Forge(Index, Forgery),
    Wait(Duration),
    /// Another key signs.
    Rotate,
    /// Those that sign no more are taken out of the JWKS.
    Retire,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    use Kind::{Account, Acting, Admin, Opaque, Own, Passed, Uuid};
    let kind = prop::sample::select(vec![Own, Own, Opaque, Uuid, Passed, Acting, Account, Admin]);
    let forgery = prop::sample::select(vec![Forgery::Longer, Forgery::Shorter, Forgery::Capitals]);
    let seconds = prop::sample::select(vec![1, 30, 1799, 1800, 3600, 86_400]);
    prop_oneof![
        6 => kind.prop_map(Step::Issue),
        2 => any::<Index>().prop_map(Step::Revoke),
        1 => any::<Index>().prop_map(Step::RevokeById),
        2 => (0..PARTIES.len()).prop_map(Step::RevokeAll),
        4 => (0..PARTIES.len()).prop_map(Step::Switch),
        1 => (any::<Index>(), forgery).prop_map(|(token, forgery)| Step::Forge(token, forgery)),
        2 => seconds.prop_map(|seconds| Step::Wait(Duration::from_secs(seconds))),
        1 => Just(Step::Rotate),
        1 => Just(Step::Retire),
        1 => Just(Step::Restart),
    ]
}

/// A token or two, and what becomes of them.
fn history() -> impl Strategy<Value = Vec<Step>> {
    let begins = prop::sample::select(vec![Kind::Own, Kind::Opaque, Kind::Uuid, Kind::Passed, Kind::Acting, Kind::Admin]);
    (begins, prop::collection::vec(step(), 2..9))
        .prop_map(|(kind, steps)| std::iter::once(Step::Issue(kind)).chain(steps).collect())
}

impl World {
    async fn live(&mut self, step: &Step) {
        match step {
            Step::Issue(kind) => self.issue(*kind).await,
            Step::Revoke(token) => self.revoke(token).await,
            Step::RevokeById(token) => self.revoke_by_id(token).await,
            Step::RevokeAll(party) => self.revoke_all(*party).await,
            Step::Switch(party) => self.switch(*party).await,
            Step::Forge(token, forgery) => self.forge(token, *forgery),
            Step::Wait(by) => self.wait(*by),
            Step::Rotate => self.rotate().await,
            Step::Retire => self.retire().await,
            Step::Restart => self.restart().await,
        }
    }
}

/// The same histories in every run.
async fn all_agree(backend: Backend, histories: usize) {
    let Some(mut world) = World::new(backend).await else { return };
    let mut runner = TestRunner::deterministic();
    let mut met = [0; 2];
    for number in 0..histories {
        let history = history().new_tree(&mut runner).unwrap().current();
        world.begin().await;
        for (at, step) in history.iter().enumerate() {
            world.live(step).await;
            let goods = world.agrees(at % 2 == 0, &format!("history {number}, step {at} of {history:?}")).await;
            goods.into_iter().for_each(|good| met[usize::from(good)] += 1);
        }
    }
    assert!(met.iter().all(|times| *times > 2 * histories), "both verdicts are met often: {met:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_who_judge_a_token_agree_on_sqlite() {
    all_agree(Backend::Sqlite, 150).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_who_judge_a_token_agree_on_postgres() {
    all_agree(Backend::Postgres, 40).await;
}
