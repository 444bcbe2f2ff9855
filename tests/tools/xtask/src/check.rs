//! `cargo xtask check`: everything that can be checked without a server.

use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{audit, driver, steps::Steps, tools::Tool, workspace};

const DEPENDENCIES: &str = "dependencies: advisories, licences, duplicates, sources";

/// One thing to run, and what to call it.
struct Check {
    name: String,
    command: Command,
}

/// Runs every check, also after one has failed.
///
/// # Errors
/// Naming all the checks that failed.
pub(crate) fn run() -> Result<()> {
    for tool in [Tool::Rustfmt, Tool::Clippy] {
        tool.ensure()?;
    }
    println!("{}", driver::ensure()?);

    let mut checks = checks(&packages()?);
    if toolchains::find_go().is_ok() {
        checks.push(go("formatting of the Go program", "gofmt", &["-d", "."]));
        checks.push(go("vet of the Go program", "go", &["vet", "./..."]));
    }
    let mut steps = Steps::new(checks.len() + 1);
    let mut failed = Vec::new();
    for mut check in checks {
        steps.begin(&check.name);
        if let Err(error) = workspace::run(&mut check.command) {
            eprintln!("{error:#}");
            failed.push(check.name);
        }
    }
    steps.begin(DEPENDENCIES);
    if let Err(error) = audit::run(&steps) {
        eprintln!("{error:#}");
        failed.push(DEPENDENCIES.to_owned());
    }
    if !failed.is_empty() {
        bail!("failed:\n  {}", failed.join("\n  "));
    }
    steps.end("all checks passed");
    Ok(())
}

/// A member of the workspace, as far as the checks care.
#[derive(Debug, PartialEq, Eq)]
struct Package {
    name: String,
    features: Vec<String>,
    has_library: bool,
}

fn checks(packages: &[Package]) -> Vec<Check> {
    let mut checks = vec![
        check("formatting", &["fmt", "--all", "--check"]),
        check("formatting of the fuzz targets", &["fmt", "--manifest-path", "tests/fuzz/Cargo.toml", "--check"]),
        check("house rules", &["test", "--quiet", "--test", "tidy"]),
        clippy("without features", &["--no-default-features"]),
    ];
    for package in packages {
        for feature in package.features.iter().filter(|feature| *feature != "default") {
            let feature = format!("{}/{feature}", package.name);
            checks.push(clippy(&format!("with {feature}"), &["--no-default-features", "--features", &feature]));
        }
    }
    checks.push(clippy("with all features", &["--all-features"]));
    for package in packages.iter().filter(|package| package.has_library) {
        let arguments = ["rustdoc", "--quiet", "--all-features", "--lib", "-p", &package.name, "--", "-D", "warnings"];
        checks.push(check(&format!("documentation of {}", package.name), &arguments));
    }
    checks
}

/// Lints of every target of every member; a warning fails. Never through RUSTFLAGS, which would replace our own.
fn clippy(name: &str, features: &[&str]) -> Check {
    let mut check = check(&format!("clippy {name}"), &["clippy", "--quiet", "--workspace", "--all-targets"]);
    check.command.args(features).args(["--", "-D", "warnings"]);
    check
}

fn check(name: &str, arguments: &[&str]) -> Check {
    let mut command = workspace::cargo();
    command.args(arguments);
    Check { name: name.to_owned(), command }
}

fn go(name: &str, program: &str, arguments: &[&str]) -> Check {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(toolchains::GO_MODULE);
    Check { name: name.to_owned(), command }
}

/// The workspace's members with all their features, as cargo knows them, so that no feature goes unchecked.
fn packages() -> Result<Vec<Package>> {
    let output = workspace::cargo().args(["metadata", "--no-deps", "--format-version=1"]).output()?;
    if !output.status.success() {
        bail!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    parse_packages(&serde_json::from_slice(&output.stdout)?)
}

fn parse_packages(metadata: &Value) -> Result<Vec<Package>> {
    let packages = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    packages.iter().map(parse_package).collect::<Option<_>>().context("cargo metadata has another form than expected")
}

fn parse_package(package: &Value) -> Option<Package> {
    let kinds = package["targets"].as_array()?.iter().filter_map(|target| target["kind"].as_array()).flatten();
    Some(Package {
        name: package["name"].as_str()?.to_owned(),
        features: package["features"].as_object()?.keys().cloned().collect(),
        has_library: kinds.filter_map(Value::as_str).any(|kind| kind == "lib" || kind == "rlib"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, features: &[&str]) -> Package {
        let features = features.iter().map(|feature| (*feature).to_owned()).collect();
        Package { name: name.to_owned(), features, has_library: true }
    }

    #[test]
    fn every_feature_of_every_member_is_linted_on_its_own() {
        let names: Vec<_> = checks(&[package("a", &["default", "x"]), package("b", &["y"])])
            .into_iter()
            .map(|check| check.name)
            .filter(|name| name.starts_with("clippy"))
            .collect();
        assert_eq!(
            names,
            ["without features", "with a/x", "with b/y", "with all features"].map(|with| format!("clippy {with}"))
        );
    }

    #[test]
    fn members_are_read_from_cargo_metadata() {
        let metadata = serde_json::json!({"packages": [
            {"name": "a", "features": {"x": []}, "targets": [{"kind": ["lib"]}]},
            {"name": "b", "features": {}, "targets": [{"kind": ["bin"]}]},
        ]});
        let without_library = Package { has_library: false, ..package("b", &[]) };
        assert_eq!(parse_packages(&metadata).unwrap(), [package("a", &["x"]), without_library]);
    }

    #[test]
    fn metadata_of_another_form_is_an_error() {
        assert!(parse_packages(&serde_json::json!({"packages": [{}]})).is_err());
    }
}
