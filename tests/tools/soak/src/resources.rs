//! Threads, descriptors and memory of this process, and whether they have grown.

use std::{
    fmt, fs,
    thread::sleep,
    time::{Duration, Instant},
};

use crate::violation::{Kind, Violation};

/// The store's and the proxies' connections are the only thing of which there may be more or fewer at a moment: one
/// takes three descriptors, the driver's and the two of its proxy, and the two threads of its proxy. One is allowed for.
const MORE_DESCRIPTORS: u64 = 3;
const MORE_THREADS: u64 = 2;

/// What allocators keep varies by some MiB. In 20 minutes there are a million calls: a leak of 32 bytes in each, the least
/// that an allocation takes, is more than this. The history is in a file and does not count.
const MORE_MIB: u64 = 24;

/// Connections need a moment to come back, and memory to be given back.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Resources {
    pub(crate) threads: u64,
    pub(crate) descriptors: u64,
    pub(crate) resident_mib: u64,
}

impl Resources {
    /// Those of this process, where the system tells.
    pub(crate) fn now() -> Option<Self> {
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let field =
            |name| status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok());
        Some(Self {
            threads: field("Threads:")?,
            descriptors: fs::read_dir("/proc/self/fd").ok()?.count() as u64,
            resident_mib: field("VmRSS:")? / 1024,
        })
    }

    /// Waits until no more is held than before, and says what there is in the end.
    pub(crate) fn settle(before: Self) -> Option<Self> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let now = Self::now()?;
            if leaks(before, now).is_empty() || Instant::now() >= deadline {
                return Some(now);
            }
            sleep(Duration::from_millis(200));
        }
    }
}

/// What of `now` is more than `before` and what is allowed for.
pub(crate) fn leaks(before: Resources, now: Resources) -> Vec<Violation> {
    let each = [
        ("threads", before.threads, now.threads, MORE_THREADS),
        ("descriptors", before.descriptors, now.descriptors, MORE_DESCRIPTORS),
        ("MiB of memory", before.resident_mib, now.resident_mib, MORE_MIB),
    ];
    let leaked = each.into_iter().filter(|(_, before, now, more)| *now > before + more);
    leaked
        .map(|(what, before, now, more)| {
            let claim =
                format!("{now} {what} at the end, {before} after the first minute, {more} more are allowed for");
            Violation::new(Kind::Leaked, claim, [])
        })
        .collect()
}

impl fmt::Display for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { threads, descriptors, resident_mib } = self;
        write!(f, "{threads} threads, {descriptors} descriptors, {resident_mib} MiB")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: Resources = Resources { threads: 40, descriptors: 50, resident_mib: 60 };

    #[test]
    fn each_resource_is_held_to_its_bound() {
        let most = Resources { threads: 42, descriptors: 53, resident_mib: 84 };
        assert_eq!(leaks(BEFORE, most), []);
        assert_eq!(leaks(BEFORE, Resources::default()), []);
        for (now, part) in [
            (Resources { threads: 43, ..most }, "43 threads at the end, 40 after"),
            (Resources { descriptors: 54, ..most }, "54 descriptors"),
            (Resources { resident_mib: 85, ..most }, "85 MiB"),
        ] {
            let leaks = leaks(BEFORE, now);
            assert_eq!(leaks.len(), 1);
            assert_eq!(leaks[0].kind, Kind::Leaked);
            assert!(leaks[0].claim.contains(part), "{}", leaks[0]);
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_this_process_holds_is_known() {
        let before = Resources::now().unwrap();
        assert!(before.threads > 0 && before.descriptors > 2 && before.resident_mib > 0);
        let files: Vec<_> = (0..100).map(|_| fs::File::open("/proc/self/status").unwrap()).collect();
        assert!(Resources::now().unwrap().descriptors >= before.descriptors + 90);
        drop(files);
    }
}
