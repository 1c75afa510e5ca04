//! The suite `scale`: what a second node adds, and what one Postgres has to do for its nodes, busy and idle.
//!
//! - `nodes`: two nodes on one database, of which one or both are asked.
//! - `spreading`: how long until all nodes know what was changed at the command line.

mod nodes;
mod spreading;

use std::time::Duration;

use self::nodes::Nodes;
use crate::aim::{Aim, Figure, Unit};
use crate::database::multiply;
use crate::installation::{self, Installation};
use crate::machine::Machine;
use crate::postgres::Cluster;
use crate::report::{Part, Report};
use crate::strain::{Spent, Strain, Watch};
use crate::{Fallible, Settings};

const PROVISION: &str = include_str!("../../provision/issuer.toml");
const REALM: &str = "bench";
/// The clients of the load, each of which has asked once before anything counts.
const CLIENTS: u32 = 100;
/// Long enough for a few pollings of each connection.
const IDLE: Duration = Duration::from_secs(10);

/// An installation with clients, and who watches its database.
struct Site {
    installation: Installation,
    /// What all clients present.
    secret: String,
    watch: Watch,
}

/// A way to keep records of tokens, and the names of its lines.
struct Mode {
    /// As the configuration has it.
    issuance: &'static str,
    one: &'static str,
    two: &'static str,
    ratio: &'static str,
}

const MODES: [Mode; 3] = [
    Mode {
        issuance: "buffered",
        one: "one node, audit buffered",
        two: "two nodes, audit buffered",
        ratio: "CPU of a token, two nodes over one, audit buffered",
    },
    Mode {
        issuance: "committed",
        one: "one node, audit committed",
        two: "two nodes, audit committed",
        ratio: "CPU of a token, two nodes over one, audit committed",
    },
    Mode {
        issuance: "off",
        one: "one node, audit off",
        two: "two nodes, audit off",
        ratio: "CPU of a token, two nodes over one, audit off",
    },
];

/// Runs the suite.
pub(crate) async fn run(settings: &Settings) -> Fallible<Report> {
    let machine = Machine::prepare()?;
    let cluster = Cluster::start()?.ok_or("initdb, postgres and pg_ctl are not here; install the package postgresql")?;
    let url = cluster.database().await?;
    let installation = Installation::create(Some(url.clone()), PROVISION)?;
    let secret = installation.add_secret(REALM, "bench")?;
    multiply(&url, REALM, CLIENTS).await?;
    let mut site = Site { installation, secret, watch: Watch::begin(&cluster, &url).await? };
    let mut part = Part { title: Some("Postgres"), ..Part::default() };
    idle(&machine, settings, &mut site, &mut part).await?;
    for mode in &MODES {
        busy(&machine, settings, &mut site, mode, &mut part).await?;
    }
    Ok(Report { suite: "scale", version: installation::version()?, machine, settings: settings.clone(), parts: vec![part] })
}

/// What nodes want of the database that nobody asks; and, since two are there, how long they take to know of a change.
async fn idle(machine: &Machine, settings: &Settings, site: &mut Site, part: &mut Part) -> Fallible<()> {
    let nobody = async |watch: &mut Watch, nodes: &Nodes| {
        // What a start takes is over by then, and has been counted.
        tokio::time::sleep(IDLE / 4).await;
        let before = watch.read(&nodes.measured()).await?;
        tokio::time::sleep(IDLE).await;
        Fallible::Ok(watch.read(&nodes.measured()).await?.since(before, 0.0))
    };
    let mut nodes = Nodes::default();
    for name in ["no node", "one node, idle", "two nodes, idle"] {
        eprintln!("{name}");
        let spent = nobody(&mut site.watch, &nodes).await?;
        part.strains.push(Strain::new(name, &[spent]));
        if nodes.len() < 2 {
            nodes.add(machine, &site.installation, &settings.log_section()).await?;
        }
    }
    let took = spreading::measure(&nodes, site).await?;
    let name = "a client switched off at the command line is refused by both nodes after";
    part.figures.push(Figure::new(name, Aim::AtMost(1000.0), Unit::Milliseconds, took));
    Ok(())
}

/// One node and both of them take turns.
async fn busy(machine: &Machine, settings: &Settings, site: &mut Site, mode: &Mode, part: &mut Part) -> Fallible<()> {
    let sections = format!("{}[audit]\nissuance = {:?}\n", settings.log_section(), mode.issuance);
    let mut nodes = Nodes::default();
    for _ in 0..2 {
        nodes.add(machine, &site.installation, &sections).await?;
    }
    let (mut one, mut two): (Vec<Spent>, Vec<Spent>) = (Vec::new(), Vec::new());
    for run in 1..=settings.runs {
        eprintln!("audit {}: run {run} of {}", mode.issuance, settings.runs);
        one.push(nodes.bear(1, settings, site).await?);
        two.push(nodes.bear(2, settings, site).await?);
    }
    let ratios = two.iter().zip(&one).map(|(two, one)| two.cpu_per_token() / one.cpu_per_token());
    part.figures.push(Figure::new(mode.ratio, Aim::None, Unit::Ratio, ratios));
    part.strains.extend([Strain::new(mode.one, &one), Strain::new(mode.two, &two)]);
    Ok(())
}
