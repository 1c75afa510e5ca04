//! What processes and threads have used, as Linux counts it (proc(5)).

use std::fs;
use std::time::Duration;

use crate::Fallible;

/// The unit of times in `/proc/PID/stat`: a hundredth of a second on every platform that is supported here.
const TICK: Duration = Duration::from_millis(10);

/// CPU time of a process, user and system, threads that have ended included.
pub(crate) fn cpu_of_process(pid: u32) -> Fallible<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    Stat::parse(&stat).map(|stat| TICK * stat.own).ok_or_else(|| format!("/proc/{pid}/stat cannot be read: {stat}").into())
}

/// CPU time of the calling thread, to the nanosecond: what a few seconds of one thread need.
pub(crate) fn cpu_of_thread() -> Fallible<Duration> {
    // The system adds up when a thread stops or at its next tick, which may be milliseconds away: so it stops.
    std::thread::yield_now();
    let schedstat = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanos = schedstat.split_whitespace().next().unwrap_or_default().parse()?;
    Ok(Duration::from_nanos(nanos))
}

/// Memory of a process that is in RAM, in KiB.
pub(crate) fn resident_kib(pid: u32) -> Fallible<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS in /proc/PID/status")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// Processes with all that they started.
#[derive(Debug)]
pub(crate) struct Processes(Vec<u32>);

/// What is read of a process here.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    pid: u32,
    name: String,
    parent: u32,
    /// Ticks of its own, user and system.
    own: u32,
    /// Ticks of its children that have ended.
    ended: u32,
}

impl Processes {
    pub(crate) fn of(pid: u32) -> Self {
        Self(vec![pid])
    }

    pub(crate) fn named(name: &str) -> Fallible<Self> {
        let pids: Vec<u32> = Stat::all()?.into_iter().filter(|stat| stat.name == name).map(|stat| stat.pid).collect();
        if pids.is_empty() { Err(format!("there is no process `{name}`").into()) } else { Ok(Self(pids)) }
    }

    /// CPU time of them, and of their children.
    pub(crate) fn cpu(&self) -> Fallible<Duration> {
        let all = Stat::all()?;
        if !all.iter().any(|stat| self.0.contains(&stat.pid)) {
            return Err(format!("no process {:?} is there any more", self.0).into());
        }
        Ok(TICK * ticks_of(&self.0, &all))
    }
}

impl Stat {
    fn all() -> Fallible<Vec<Self>> {
        // One that ends meanwhile is not there to be read.
        let stat = |entry: fs::DirEntry| Self::parse(&fs::read_to_string(entry.path().join("stat")).ok()?);
        Ok(fs::read_dir("/proc")?.flatten().filter_map(stat).collect())
    }

    /// The name is in parentheses, and may contain anything.
    fn parse(stat: &str) -> Option<Self> {
        let (head, fields) = stat.rsplit_once(')')?;
        let (pid, name) = head.split_once(" (")?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let number = |at: usize| fields.get(at)?.parse::<u32>().ok();
        let [parent, user, system, ended_user, ended_system] = [1, 11, 12, 13, 14].map(number);
        Some(Self {
            pid: pid.parse().ok()?,
            name: name.to_owned(),
            parent: parent?,
            own: user? + system?,
            ended: ended_user? + ended_system?,
        })
    }
}

fn ticks_of(roots: &[u32], all: &[Stat]) -> u32 {
    let mut family = roots.to_vec();
    let mut known = 0;
    while known < family.len() {
        known = family.len();
        let children = all.iter().filter(|stat| family.contains(&stat.parent) && !family.contains(&stat.pid));
        let children: Vec<u32> = children.map(|stat| stat.pid).collect();
        family.extend(children);
    }
    all.iter().filter(|stat| family.contains(&stat.pid)).map(|stat| stat.own + stat.ended).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_command_may_look_like_fields() {
        let stat = "7 (a) b (c 1 2) S 1 7 7 0 -1 4194560 91 0 0 0 250 31 12 8 20 0 4 0 100 0 0";
        let expected = Stat { pid: 7, name: "a) b (c 1 2".into(), parent: 1, own: 281, ended: 20 };
        assert_eq!(Stat::parse(stat), Some(expected));
    }

    #[test]
    fn this_process_uses_something() {
        let before = cpu_of_thread().unwrap();
        while cpu_of_thread().unwrap() - before < Duration::from_millis(50) {}
        let id = std::process::id();
        assert!(cpu_of_process(id).unwrap() >= Duration::from_millis(20));
        assert!(Processes::of(id).cpu().unwrap() >= Duration::from_millis(20));
        assert!(resident_kib(id).unwrap() > 100);
    }

    #[test]
    fn a_family_is_children_and_theirs_and_nobody_twice() {
        let stat = |pid, parent, own| Stat { pid, name: "n".into(), parent, own, ended: 1 };
        let all = [stat(9, 5, 1000), stat(5, 2, 100), stat(2, 1, 10), stat(3, 1, 7777)];
        assert_eq!(ticks_of(&[2], &all), 1113);
        assert_eq!(ticks_of(&[2, 5], &all), 1113);
        assert_eq!(ticks_of(&[9], &all), 1001);
    }

    #[test]
    fn nobody_has_no_time() {
        assert!(Processes::named("no process is called so").is_err());
        assert!(Processes::of(0).cpu().is_err());
    }
}
