//! `countersign key`: signing keys and their rotation.

use super::context::Context;
use super::secret_flags::PrivateKey;
use super::{CliError, Globals, InRealm, out};
use crate::admin::service::{NewKey, Ops};
use crate::admin::view::{KeyView, PageView};
use crate::audit::Actor;
use crate::keys::lifecycle::Wait;
use crate::model::{Algorithm, KeyId};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Key {
    /// List a realm's keys
    List(InRealm),
    /// Publish a new key; the first of its realm and algorithm signs at once
    Prepare(Prepare),
    /// Let a published key sign; the one that did so far stays published
    Activate(Step),
    /// Take a key that signs no more out of the JWKS
    Retire(Step),
}

#[derive(Debug, clap::Args)]
pub(super) struct Prepare {
    #[command(flatten)]
    within: InRealm,
    /// RS256, PS256, ES256 or EdDSA
    #[arg(long = "alg", default_value = "RS256")]
    algorithm: Algorithm,
    /// Its name; its thumbprint unless given
    #[arg(long)]
    kid: Option<KeyId>,
    /// The length of an RSA key: 2048, 3072 or 4096
    #[arg(long, default_value_t = 2048)]
    rsa_bits: u32,
    #[command(flatten)]
    pem: PrivateKey,
}

#[derive(Debug, clap::Args)]
pub(super) struct Step {
    #[command(flatten)]
    within: InRealm,
    /// The key's name
    // A thumbprint may begin with a hyphen.
    #[arg(allow_hyphen_values = true)]
    kid: KeyId,
    /// Do not wait. It costs: verifiers whose cached JWKS lacks what they need refuse good tokens until they fetch it again
    #[arg(long)]
    now: bool,
}

pub(super) async fn run(globals: &Globals, command: Key) -> Result<(), CliError> {
    let ops = Context::open(globals).await?.ops();
    match command {
        Key::List(InRealm { realm }) => {
            let keys = ops.keys(&realm).await?;
            let page = PageView { items: keys.into_iter().map(KeyView::from).collect(), next: None };
            out::list(globals, &page, &["kid", "algorithm", "state", "published_at", "activated_at", "grace_at", "retired_at"])
        }
        Key::Prepare(Prepare { within, algorithm, kid, rsa_bits, pem }) => {
            let new = NewKey { algorithm, kid, pem: pem.read()?, rsa_bits };
            let key = ops.prepare_key(&Actor::Shell, &within.realm, new).await?;
            out::thing(globals, &KeyView::from(key))
        }
        Key::Activate(step) => {
            ops.activate_key(&Actor::Shell, &step.within.realm, &step.kid, step.wait()).await?;
            show(globals, &ops, &step).await
        }
        Key::Retire(step) => {
            ops.retire_key(&Actor::Shell, &step.within.realm, &step.kid, step.wait()).await?;
            show(globals, &ops, &step).await
        }
    }
}

async fn show(globals: &Globals, ops: &Ops, step: &Step) -> Result<(), CliError> {
    let keys = ops.keys(&step.within.realm).await?;
    let key = keys.into_iter().find(|key| key.kid == step.kid);
    key.map_or(Ok(()), |key| out::thing(globals, &KeyView::from(key)))
}

impl Step {
    fn wait(&self) -> Wait {
        if self.now { Wait::Waive } else { Wait::Observe }
    }
}
