//! Whether a container with Cassandra can be run.

use std::process::{Command, Stdio};

/// Whether a Docker daemon answers and has the image or can pull it; `Err` says what is not so.
pub(crate) fn can_run_cassandra() -> Result<(), String> {
    if !cluster::docker_answers() {
        return Err("no Docker daemon answers".to_owned());
    }
    let image = format!("cassandra:{}", cluster::DEFAULT_VERSION);
    if succeeds(&["image", "inspect", &image]) == Some(true) {
        return Ok(());
    }
    println!("docker: pulling {image}");
    match succeeds(&["pull", "--quiet", &image]) {
        Some(false) => Err(format!("the Docker daemon has no image {image} and cannot pull it")),
        // Without the program `docker`, whoever runs the container pulls the image.
        Some(true) | None => Ok(()),
    }
}

/// Whether the program `docker` succeeds; `None` where there is no such program.
fn succeeds(arguments: &[&str]) -> Option<bool> {
    let mut docker = Command::new("docker");
    let status = docker.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.ok().map(|status| status.success())
}
