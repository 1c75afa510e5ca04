//! What processes and threads have used, as Linux counts it (proc(5)).

use std::fs;
use std::time::Duration;

use crate::Fallible;

/// The unit of times in `/proc/PID/stat`: a hundredth of a second on every platform that is supported here.
const TICK: Duration = Duration::from_millis(10);

/// CPU time of a process, user and system, threads that have ended included.
pub(crate) fn cpu_of_process(pid: u32) -> Fallible<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    ticks(&stat).map(|ticks| TICK * ticks).ok_or_else(|| format!("/proc/{pid}/stat cannot be read: {stat}").into())
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

/// The fields `utime` and `stime`. The command's name before them is in parentheses and may contain anything.
fn ticks(stat: &str) -> Option<u32> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11);
    let (user, system) = (times.next()?, times.next()?);
    Some(user.parse::<u32>().ok()? + system.parse::<u32>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_command_may_look_like_fields() {
        let stat = "7 (a) b (c 1 2) S 1 7 7 0 -1 4194560 91 0 0 0 250 31 0 0 20 0 4 0 100 0 0";
        assert_eq!(ticks(stat), Some(281));
    }

    #[test]
    fn this_process_uses_something() {
        let before = cpu_of_thread().unwrap();
        while cpu_of_thread().unwrap() - before < Duration::from_millis(50) {}
        assert!(cpu_of_process(std::process::id()).unwrap() >= Duration::from_millis(20));
        assert!(resident_kib(std::process::id()).unwrap() > 100);
    }
}
