//! The client in C, `tests/clients/c`: runs the topics in its arguments.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};

use super::{Keyspace, address, folder, installed};

/// The ways it is compiled.
#[derive(Clone, Copy)]
pub(crate) enum Program {
    Plain,
    /// With AddressSanitizer in the C code, which also replaces `malloc` beneath the library.
    AddressSanitizer,
}

impl Program {
    /// The compiled program, made once.
    pub(crate) fn path(self) -> &'static Path {
        static PATHS: [OnceLock<PathBuf>; 2] = [const { OnceLock::new() }; 2];
        let (name, flags) = match self {
            Self::Plain => ("client", &[][..]),
            Self::AddressSanitizer => ("client-asan", &["-fsanitize=address", "-fno-omit-frame-pointer"][..]),
        };
        PATHS[self as usize].get_or_init(|| compiled(name, flags))
    }

    /// A command that runs topics on a keyspace.
    pub(crate) fn run(self, topics: &[&str], keyspace: &Keyspace) -> Command {
        arguments(Command::new(self.path()), topics, keyspace)
    }

    /// As [`run`](Program::run), beneath another program.
    pub(crate) fn run_by(self, mut above: Command, topics: &[&str], keyspace: &Keyspace) -> Command {
        above.arg(self.path());
        arguments(above, topics, keyspace)
    }
}

fn arguments(mut command: Command, topics: &[&str], keyspace: &Keyspace) -> Command {
    command.args(topics).arg(address().to_string()).arg(keyspace.name());
    command
}

fn compiled(name: &str, flags: &[&str]) -> PathBuf {
    let program = folder("c").join(name);
    let sources = fs::read_dir(clients::root().join("tests/clients/c")).unwrap().map(|entry| entry.unwrap().path());
    let sources = sources.filter(|path| path.extension().is_some_and(|extension| extension == "c"));
    let mut cc = Command::new("cc");
    cc.args(["-g", "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]).args(flags).args(sources);
    cc.arg("-o").arg(&program).arg("-I").arg(installed().join("include"));
    let lib = installed().join("lib");
    cc.arg("-L").arg(&lib).arg(format!("-Wl,-rpath,{}", lib.display()));
    cc.args(["-ldurable_store", "-lcassandra", "-lpthread"]);
    printed(&mut cc);
    program
}

/// What a command prints. It has to succeed.
pub(crate) fn printed(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (printed, errors) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{command:?}: {status}\n{printed}\n{errors}");
    printed.into_owned()
}
