//! CPU time and memory that this process has used.

use std::{fs, time::Duration};

use cpu_time::ProcessTime;

/// CPU time of all threads so far, user and system.
pub(super) fn cpu() -> Duration {
    ProcessTime::now().as_duration()
}

/// The most memory so far, in KiB; 0 where the system does not say.
pub(super) fn peak_kb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    peak_in(&status).unwrap_or_default()
}

fn peak_in(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_found_in_the_status_of_a_process() {
        assert_eq!(peak_in("Name:\tbench\nVmPeak:\t 9 kB\nVmHWM:\t    7204 kB\n"), Some(7204));
        assert_eq!(peak_in("Name:\tbench\n"), None);
    }

    #[test]
    fn cpu_time_grows() {
        let before = cpu();
        while cpu() == before {}
        assert!(cpu() > before);
    }
}
