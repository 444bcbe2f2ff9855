//! The command that runs a node, and the files it reads.

use std::{
    fs::{self, OpenOptions},
    io,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result};

use crate::{
    config_files::{NodeConfig, cassandra_yaml, logback_xml},
    process::{MAIN_CLASS, leave_group, storage_option},
};

/// Packages of the JDK that Cassandra uses though they are not exported; its own `jvm17-server.options` has the same.
const EXPORTS: [&str; 8] = [
    "java.base/java.lang.ref",
    "java.base/jdk.internal.misc",
    "java.management.rmi/com.sun.jmx.remote.internal.rmi",
    "java.rmi/sun.rmi.registry",
    "java.rmi/sun.rmi.server",
    "java.sql/java.sql",
    "jdk.attach/sun.tools.attach",
    "jdk.unsupported/sun.misc",
];
const OPENS: [&str; 14] = [
    "java.base/java.io",
    "java.base/java.lang",
    "java.base/java.lang.module",
    "java.base/java.lang.reflect",
    "java.base/java.nio",
    "java.base/java.util",
    "java.base/jdk.internal.loader",
    "java.base/jdk.internal.math",
    "java.base/jdk.internal.module",
    "java.base/jdk.internal.ref",
    "java.base/jdk.internal.reflect",
    "java.base/jdk.internal.util.jar",
    "java.base/sun.nio.ch",
    "jdk.management/com.sun.management.internal",
];

/// How to run the nodes of one cluster.
#[derive(Clone, Debug)]
pub(crate) struct Launcher {
    pub(crate) java: PathBuf,
    /// The folder with Cassandra's jars.
    pub(crate) jars: PathBuf,
    pub(crate) heap_mb: u32,
    pub(crate) jvm_options: Vec<String>,
    /// Where `nodetool` reaches a node, on 127.0.0.1 whatever the node's own address is.
    pub(crate) jmx_port: u16,
    /// Nodes outlive this process, and a Ctrl-C meant for it.
    pub(crate) detached: bool,
}

impl Launcher {
    /// Starts the process of the node whose files are in `folder`.
    pub(crate) fn spawn(&self, folder: &Path) -> io::Result<Child> {
        let mut output = OpenOptions::new();
        let output = output.append(true).create(true).open(output_log(folder))?;
        let mut command = Command::new(&self.java);
        command.args(self.arguments(folder)).current_dir(folder);
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        if self.detached {
            leave_group(&mut command);
        }
        command.spawn()
    }

    fn arguments(&self, folder: &Path) -> Vec<String> {
        let mut arguments = vec![
            format!("-Xms{}m", self.heap_mb),
            format!("-Xmx{}m", self.heap_mb),
            "-Xss256k".to_owned(),
            "-XX:+ExitOnOutOfMemoryError".to_owned(),
            // No file under the system's temporary folder that a killed node would leave there.
            "-XX:+PerfDisableSharedMem".to_owned(),
            format!("-Djava.io.tmpdir={}", folder.join("tmp").display()),
            format!("-Djna.tmpdir={}", folder.join("tmp").display()),
            "-Djdk.attach.allowAttachSelf=true".to_owned(),
            "-Dio.netty.tryReflectionSetAccessible=true".to_owned(),
        ];
        arguments.extend(openings());
        arguments.extend([
            format!("-Dlogback.configurationFile={}", file_url(&folder.join("logback.xml"))),
            format!("-Dcassandra.config={}", file_url(&folder.join("cassandra.yaml"))),
            storage_option(folder),
            "-Dcassandra-foreground=yes".to_owned(),
            format!("-Dcassandra.jmx.local.port={}", self.jmx_port),
            "-Dcassandra.skip_wait_for_gossip_to_settle=0".to_owned(),
            // Milliseconds that a node waits for the ring before it joins, and twice the silence after which the others
            // forget it. On a busy machine a third node has failed to join with 1,000 and 2,000.
            "-Dcassandra.ring_delay_ms=3000".to_owned(),
            "-Dcassandra.gossip_quarantine_delay_ms=60000".to_owned(),
            "-Dcassandra.superuser_setup_delay_ms=0".to_owned(),
        ]);
        arguments.extend(self.jvm_options.iter().cloned());
        arguments.extend(["-cp".to_owned(), self.class_path(), MAIN_CLASS.to_owned()]);
        arguments
    }

    pub(crate) fn class_path(&self) -> String {
        format!("{}/*", self.jars.display())
    }
}

/// The options that open to Cassandra what it uses of the JDK.
pub(crate) fn openings() -> impl Iterator<Item = String> {
    let for_all = |option: &'static str| move |package: &&str| [option.to_owned(), format!("{package}=ALL-UNNAMED")];
    EXPORTS.iter().flat_map(for_all("--add-exports")).chain(OPENS.iter().flat_map(for_all("--add-opens")))
}

/// Writes the files of a node into a folder that has nothing of an earlier one.
pub(crate) fn write_files(folder: &Path, config: &NodeConfig<'_>) -> Result<()> {
    let write = || -> io::Result<()> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder.join("logs"))?;
        fs::create_dir_all(folder.join("tmp"))?;
        fs::write(folder.join("cassandra.yaml"), cassandra_yaml(config))?;
        fs::write(folder.join("logback.xml"), logback_xml(&system_log(folder)))
    };
    write().with_context(|| format!("writing a node's files into {}", folder.display()))
}

/// Where Cassandra logs.
pub(crate) fn system_log(folder: &Path) -> PathBuf {
    folder.join("logs/system.log")
}

/// Where Java itself complains, for example about an option.
pub(crate) fn output_log(folder: &Path) -> PathBuf {
    folder.join("logs/output.log")
}

/// The path as a `file:` URL; Java takes no raw space there.
pub(crate) fn file_url(path: &Path) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    let escape = |&byte: &u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    format!("file://{}", path.as_os_str().as_bytes().iter().map(escape).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_url_escapes_what_is_not_plain() {
        assert_eq!(file_url(Path::new("/a b/ü%.yaml")), "file:///a%20b/%C3%BC%25.yaml");
    }

    #[test]
    fn own_options_come_after_ours_and_the_main_class_is_last() {
        let launcher = Launcher {
            java: PathBuf::from("java"),
            jars: PathBuf::from("/jars"),
            heap_mb: 640,
            jvm_options: vec!["-Xmx1g".to_owned()],
            jmx_port: 7199,
            detached: false,
        };
        let arguments = launcher.arguments(Path::new("/run/node1"));
        let place = |wanted: &str| arguments.iter().position(|argument| argument == wanted).unwrap();
        assert!(place("-Xmx640m") < place("-Xmx1g"));
        assert_eq!(place(MAIN_CLASS), arguments.len() - 1);
        place("-Dcassandra.storagedir=/run/node1/data");
        place("-Dcassandra.jmx.local.port=7199");
    }
}
