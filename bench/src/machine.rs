//! The machine, and which of its cores work for whom: the server has one to itself, the load comes from another.
//!
//! `taskset` (util-linux) moves threads, because the standard library cannot.

use std::fs;
use std::process::{Command, Stdio};

use serde::Serialize;

use crate::Fallible;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    /// `None`: server and load run wherever the system puts them.
    pub(crate) pinned: Option<Pinned>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Pinned {
    pub(crate) server: usize,
    pub(crate) load: usize,
}

impl Machine {
    /// Finds out where it runs, and moves the calling thread to the core from which the load shall come.
    pub(crate) fn prepare() -> Fallible<Self> {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo")?;
        let cores = cores(&allowed()?);
        let pinned = match cores.as_slice() {
            [server, .., load] => Some(Pinned { server: *server, load: *load }).filter(|pinned| move_this_thread(pinned.load)),
            _ => None,
        };
        if pinned.is_none() {
            eprintln!("not pinned: this takes two cores and `taskset` (util-linux); the load competes with the server");
        }
        Ok(Self { processor: processor(&cpuinfo), cores: cores.len(), pinned })
    }

    /// A command that runs on the server's core.
    pub(crate) fn on_server_core(&self, program: &std::path::Path) -> Command {
        match self.pinned {
            None => Command::new(program),
            Some(Pinned { server, .. }) => {
                let mut command = Command::new("taskset");
                command.arg("--cpu-list").arg(server.to_string()).arg(program);
                command
            }
        }
    }

    /// Does some work on the server's core, on a thread of its own.
    pub(crate) fn work_on_server_core<T: Send>(&self, work: impl FnOnce() -> Fallible<T> + Send) -> Fallible<T> {
        let worker = || {
            if let Some(Pinned { server, .. }) = self.pinned
                && !move_this_thread(server)
            {
                return Err("`taskset` could not move a thread".to_owned());
            }
            work().map_err(|error| error.to_string())
        };
        let worked = std::thread::scope(|scope| scope.spawn(worker).join());
        Ok(worked.map_err(|_| "the worker panicked")??)
    }
}

/// Did it work?
fn move_this_thread(core: usize) -> bool {
    let Ok(thread) = fs::read_link("/proc/thread-self") else { return false };
    let Some(id) = thread.file_name() else { return false };
    let mut taskset = Command::new("taskset");
    taskset.args(["--cpu-list", "--pid"]).arg(core.to_string()).arg(id).stdout(Stdio::null()).stderr(Stdio::null());
    taskset.status().is_ok_and(|status| status.success())
}

/// The cores that this process may use, such as `0-3,8`.
fn allowed() -> Fallible<String> {
    let status = fs::read_to_string("/proc/self/status")?;
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    Ok(list.ok_or("no Cpus_allowed_list in /proc/self/status")?.trim().to_owned())
}

fn cores(list: &str) -> Vec<usize> {
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(first.parse::<usize>().ok()?..=last.parse::<usize>().ok()?)
    };
    list.split(',').filter_map(range).flatten().collect()
}

fn processor(cpuinfo: &str) -> String {
    let name = cpuinfo.lines().filter_map(|line| line.split_once(':')).find(|(name, _)| name.trim() == "model name");
    name.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_cores_have_ranges() {
        assert_eq!(cores("0-3,8"), [0, 1, 2, 3, 8]);
        assert_eq!(cores("5"), [5]);
    }

    #[test]
    fn a_processor_has_a_name() {
        assert_eq!(processor("processor\t: 0\nmodel name\t: Example 9000\nprocessor\t: 1\n"), "Example 9000");
        assert_eq!(processor("processor\t: 0\nBogoMIPS\t: 50\n"), std::env::consts::ARCH);
    }
}
