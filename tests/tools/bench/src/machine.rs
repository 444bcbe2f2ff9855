//! Where and with what the figures were taken.

use std::{fs, process::Command, thread};

/// Names and values, for the head of the report.
pub(crate) fn facts() -> Vec<(&'static str, String)> {
    let lock = include_str!("../../../../Cargo.lock");
    let crates = ["durable-store", "cassandra-cpp", "scylla"]
        .map(|name| format!("{name} {}", version_in(lock, name).unwrap_or("of an unknown version")));
    let cores = thread::available_parallelism().map_or(0, usize::from);
    vec![
        ("date", first_line(Command::new("date").args(["-u", "+%Y-%m-%d %H:%M UTC"]))),
        ("processor", format!("{}, {cores} cores, the server on them too", processor())),
        ("system", format!("Linux {}", file("/proc/sys/kernel/osrelease"))),
        ("crates", crates.join(", ")),
        ("driver", file_in_workspace("target/driver/lib/SOURCE")),
        ("Go", first_line(Command::new("go").arg("version"))),
    ]
}

/// The load averages of 1, 5 and 15 minutes, now.
pub(crate) fn load() -> String {
    file("/proc/loadavg").split(' ').take(3).collect::<Vec<_>>().join(" ")
}

fn processor() -> String {
    let text = file("/proc/cpuinfo");
    let model = text.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    model.trim_start_matches([' ', '\t', ':']).to_owned()
}

fn file(path: &str) -> String {
    fs::read_to_string(path).map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned())
}

fn file_in_workspace(path: &str) -> String {
    let text = file(&crate::server::workspace().join(path).display().to_string());
    text.lines().next().unwrap_or_default().to_owned()
}

fn first_line(command: &mut Command) -> String {
    let output = command.output().map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    output.ok().and_then(|text| text.lines().next().map(str::to_owned)).unwrap_or_else(|| "none".to_owned())
}

fn version_in<'l>(lock: &'l str, name: &str) -> Option<&'l str> {
    let (_, rest) = lock.split_once(&format!("\nname = \"{name}\"\nversion = \""))?;
    rest.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_the_lock_file() {
        let lock =
            "[[package]]\nname = \"ab\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"b\"\nversion = \"2.0.0\"\n";
        assert_eq!((version_in(lock, "b"), version_in(lock, "c")), (Some("2.0.0"), None));
        assert!(facts().iter().any(|(name, value)| *name == "crates" && value.contains("scylla 1.")));
    }
}
