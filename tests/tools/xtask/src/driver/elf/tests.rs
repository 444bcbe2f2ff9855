//! On small libraries made by this machine's C compiler.

use std::{fs, process::Command};

use super::*;

const MODULE: &str = "extern long PyLong_FromLong(long); extern long _Py_Dealloc(long); extern long other(long);
    long driver(long n) { return PyLong_FromLong(n) + _Py_Dealloc(n) + other(n); }";
const SEARCH_PATH: &str = "-Wl,-rpath,$ORIGIN/../../acsylla.libs";

fn library(name: &str, source: &str, options: &[&str]) -> Vec<u8> {
    let folder = std::env::temp_dir().join(format!("xtask-elf-{}-{name}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let (c, so) = (folder.join("module.c"), folder.join("module.so"));
    fs::write(&c, source).unwrap();
    let cc = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&so).arg(&c).args(options).status().unwrap();
    assert!(cc.success());
    let bytes = fs::read(&so).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    bytes
}

fn is_weak(library: &[u8], name: &str) -> bool {
    let symbols = sections(library).unwrap().symbols(ENDIAN, library, elf::SHT_DYNSYM).unwrap();
    let named = |symbol: &&Symbol| symbols.symbol_name(ENDIAN, symbol).unwrap() == name.as_bytes();
    symbols.iter().find(named).unwrap().st_bind() == elf::STB_WEAK
}

#[test]
fn only_undefined_python_symbols_become_weak() {
    let mut library = library("weak", MODULE, &[SEARCH_PATH]);
    assert!(!is_weak(&library, "PyLong_FromLong"));
    make_standalone(&mut library).unwrap();
    for (name, weak) in [("PyLong_FromLong", true), ("_Py_Dealloc", true), ("other", false), ("driver", false)] {
        assert_eq!(is_weak(&library, name), weak, "{name}");
    }
}

#[test]
fn the_search_path_becomes_the_library_s_own_folder() {
    for kind in ["-Wl,--disable-new-dtags", "-Wl,--enable-new-dtags"] {
        let mut library = library("path", MODULE, &[SEARCH_PATH, kind]);
        let before = library.clone();
        make_standalone(&mut library).unwrap();
        assert_eq!(&library[search_path(&library).unwrap()], ORIGIN);
        assert_eq!(library.len(), before.len());
    }
}

#[test]
fn other_files_are_refused_with_the_reason() {
    let refused = |mut library: Vec<u8>| make_standalone(&mut library).unwrap_err().to_string();
    assert!(refused(library("plain", "int plain;", &[SEARCH_PATH])).contains("no Python symbols"));
    assert!(refused(library("pathless", MODULE, &[])).contains("no search path"));
    assert!(refused(library("short", MODULE, &["-Wl,-rpath,/x"])).contains("too short"));
    refused(b"not a library".to_vec());
    let mut cut_off = library("cut", MODULE, &[SEARCH_PATH]);
    cut_off.truncate(cut_off.len() / 2);
    refused(cut_off);
}
