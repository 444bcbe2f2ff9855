//! The programs that the commands need from the system: whether they are there, and what installs them.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace;

/// apt-get that never stops to ask.
const QUIET_APT: &str = "DEBIAN_FRONTEND=noninteractive apt-get";

/// A program from outside the workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    Linker,
    Rustfmt,
    Clippy,
    Pip,
    Java,
    Maven,
    Make,
    PkgConfig,
    CPlusPlus,
    Valgrind,
}

/// Who installs programs on this system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Installer {
    Apt,
    Dnf,
    Brew,
    Nobody,
}

impl Tool {
    pub(crate) const ALL: [Self; 10] = [
        Self::Linker,
        Self::Rustfmt,
        Self::Clippy,
        Self::Pip,
        Self::Java,
        Self::Maven,
        Self::Make,
        Self::PkgConfig,
        Self::CPlusPlus,
        Self::Valgrind,
    ];

    /// What the tests of clients in C need besides a C compiler. Without `--long` a missing one has its tests skipped.
    pub(crate) const OF_CLIENTS: [Self; 4] = [Self::Make, Self::PkgConfig, Self::CPlusPlus, Self::Valgrind];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Linker => "C linker",
            Self::Rustfmt => "rustfmt",
            Self::Clippy => "clippy",
            Self::Pip => "pip",
            Self::Java => "Java 17 or 11",
            Self::Maven => "Maven",
            Self::Make => "make",
            Self::PkgConfig => "pkg-config",
            Self::CPlusPlus => "C++ compiler",
            Self::Valgrind => "valgrind",
        }
    }

    /// What there is of it, in its own words.
    pub(crate) fn found(self) -> Option<String> {
        match self {
            Self::Make => first_line(Command::new("make").arg("--version")),
            Self::PkgConfig => first_line(Command::new("pkg-config").arg("--version")),
            Self::CPlusPlus => first_line(Command::new("g++").arg("--version")),
            Self::Valgrind => first_line(Command::new("valgrind").arg("--version")),
            Self::Linker => first_line(Command::new("cc").arg("--version")),
            Self::Rustfmt => first_line(workspace::cargo().args(["fmt", "--version"])),
            Self::Clippy => first_line(workspace::cargo().args(["clippy", "--version"])),
            Self::Pip => find_pip().map(|(_, version)| version),
            Self::Java => cluster::find_java().ok().map(|java| java.display().to_string()),
            Self::Maven => first_line(Command::new("mvn").arg("--version").env("MAVEN_OPTS", "-Djansi.mode=strip")),
        }
    }

    /// The exact command that installs it here, or what to do where there is no such command.
    pub(crate) fn how_to_install(self) -> String {
        self.installed_by(Installer::here())
    }

    fn installed_by(self, installer: Installer) -> String {
        let (apt, dnf, brew) = match self {
            Self::Rustfmt => return "rustup component add rustfmt".to_owned(),
            Self::Clippy => return "rustup component add clippy".to_owned(),
            Self::Linker => ("gcc libc6-dev", "gcc", "gcc"),
            Self::Pip => ("python3-pip", "python3-pip", "python"),
            Self::Java => ("openjdk-17-jre-headless", "java-17-openjdk-headless", "openjdk@17"),
            Self::Maven => ("maven", "maven", "maven"),
            Self::Make => ("make", "make", "make"),
            Self::PkgConfig => ("pkg-config", "pkgconf-pkg-config", "pkgconf"),
            Self::CPlusPlus => ("g++", "gcc-c++", "gcc"),
            Self::Valgrind => ("valgrind", "valgrind", "valgrind"),
        };
        match installer {
            Installer::Apt => format!("apt-get update && {QUIET_APT} install -y --no-install-recommends {apt}"),
            Installer::Dnf => format!("dnf install -y {dnf}"),
            Installer::Brew => format!("brew install {brew}"),
            Installer::Nobody => format!("install {} with this system's package manager", self.name()),
        }
    }

    /// Makes sure it is there. On a Debian-like system, as root, a missing one is installed, after saying so.
    ///
    /// # Errors
    /// Naming the command that installs it, where it is missing and not installed here.
    pub(crate) fn ensure(self) -> Result<()> {
        if self.found().is_some() {
            return Ok(());
        }
        let install = self.how_to_install();
        if Installer::here() != Installer::Apt || !is_root() {
            bail!("{} is missing. Install it: {install}", self.name());
        }
        println!("{} is missing, installing it: {install}", self.name());
        workspace::run(Command::new("sh").args(["-c", &install]))?;
        if self.found().is_none() {
            bail!("{} is still missing after: {install}", self.name());
        }
        Ok(())
    }
}

impl Installer {
    fn here() -> Self {
        let is_there = |program: &str| first_line(Command::new(program).arg("--version")).is_some();
        if is_there("apt-get") {
            Self::Apt
        } else if is_there("dnf") {
            Self::Dnf
        } else if is_there("brew") {
            Self::Brew
        } else {
            Self::Nobody
        }
    }
}

/// A command that runs pip, whatever it is called here.
///
/// # Errors
/// As [`Tool::ensure`].
pub(crate) fn pip() -> Result<Command> {
    Tool::Pip.ensure()?;
    let (command, _) = find_pip().context("pip is missing")?;
    Ok(command)
}

fn find_pip() -> Option<(Command, String)> {
    let names = [("python3", &["-m", "pip"][..]), ("pip3", &[]), ("pip", &[])];
    names.into_iter().find_map(|(program, args)| {
        let version = first_line(Command::new(program).args(args).arg("--version"))?;
        let mut pip = Command::new(program);
        pip.args(args);
        Some((pip, version))
    })
}

/// The first line a program prints, if it is there and succeeds.
pub(crate) fn first_line(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    String::from_utf8_lossy(&output.stdout).lines().next().map(str::to_owned)
}

fn is_root() -> bool {
    first_line(Command::new("id").arg("-u")).as_deref() == Some("0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_installer_is_told_its_own_name_of_a_tool() {
        assert!(Tool::Java.installed_by(Installer::Apt).ends_with(" openjdk-17-jre-headless"));
        assert_eq!(Tool::Java.installed_by(Installer::Dnf), "dnf install -y java-17-openjdk-headless");
        assert_eq!(Tool::Java.installed_by(Installer::Brew), "brew install openjdk@17");
        assert!(Tool::Java.installed_by(Installer::Nobody).contains("Java 17 or 11"));
    }

    #[test]
    fn debian_packages_are_installed_without_questions() {
        let command = Tool::Maven.installed_by(Installer::Apt);
        assert!(command.contains("DEBIAN_FRONTEND=noninteractive") && command.contains(" -y "), "{command}");
    }

    #[test]
    fn rustup_brings_what_belongs_to_rust() {
        assert_eq!(Tool::Clippy.installed_by(Installer::Apt), "rustup component add clippy");
    }
}
