//! The header is generated from the code, complete, and valid in C and C++.

use std::{fs, process::Command};

use crate::harness::{folder, installed, is_missing, printed};

/// The functions in the header, with their arguments as they are declared.
pub(crate) fn functions() -> Vec<(String, Vec<String>)> {
    let header = fs::read_to_string(clients::path()).unwrap();
    let code: String = header.lines().filter(|line| !line.starts_with("//")).map(|line| format!("{line} ")).collect();
    let declarations = code.split(';').filter_map(|text| text.trim().strip_suffix(')'));
    let declarations = declarations.filter_map(|text| text.rsplit_once('('));
    let functions = declarations.filter_map(|(before, arguments)| {
        // Not the type of a function, which is in parentheses itself.
        let name = before.rsplit([' ', '*']).next().filter(|name| !name.ends_with(')'))?;
        let arguments = arguments.split(',').map(|argument| argument.trim().to_owned());
        Some((name.to_owned(), arguments.collect()))
    });
    functions.collect()
}

#[test]
fn the_header_is_what_the_code_makes_it() {
    let (kept, made) = (fs::read_to_string(clients::path()).unwrap(), clients::header().unwrap());
    let differs = kept.lines().zip(made.lines()).enumerate().find(|(_, (kept, made))| kept != made);
    assert!(kept == made, "durable_store.h is out of date, {differs:?}; run: cargo xtask ffi --header");
}

#[test]
fn the_c_client_passes_null_for_every_pointer() {
    let client = fs::read_to_string(clients::root().join("tests/clients/c/nulls.c")).unwrap();
    let functions = functions();
    assert!(functions.len() > 30, "{functions:?}");
    for (function, arguments) in functions {
        for argument in arguments.iter().filter(|argument| argument.contains(['*']) || argument.contains("_callback")) {
            let name = argument.rsplit([' ', '*']).next().unwrap();
            let case = format!("({name}, {function}(");
            assert!(client.contains(&case), "nulls.c has no case {case}");
        }
    }
}

#[test]
fn a_program_in_cplusplus_includes_the_header_and_links() {
    if is_missing("g++") {
        return;
    }
    let (program, lib) = (folder("cplusplus").join("client"), installed().join("lib"));
    let mut compiler = Command::new("g++");
    compiler.args(["-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]);
    compiler.arg(clients::root().join("tests/clients/c/client.cpp")).arg("-o").arg(&program);
    compiler.arg("-I").arg(installed().join("include")).arg("-L").arg(&lib).arg("-ldurable_store");
    compiler.arg(format!("-Wl,-rpath,{}", lib.display()));
    printed(&mut compiler);
    assert_eq!(printed(&mut Command::new(program)), "contact_points: at least one host is needed\n");
}
