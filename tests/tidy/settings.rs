//! The settings are one set, in one order, wherever they are listed.

use super::read;

/// The first words in backticks of each row of the table that begins with this header.
fn first_column(page: &str, header: &str) -> Vec<String> {
    let (_, rows) = page.split_once(header).unwrap_or_else(|| panic!("no table {header}"));
    let rows = rows.lines().skip(2).map(|line| line.trim().trim_start_matches("///").trim());
    let cells = rows.take_while(|line| line.starts_with('|')).filter_map(|line| line.split('|').nth(1));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// The setters of the builder, with the two in one call, and those of TLS, by the names that text forms have.
fn setters() -> Vec<String> {
    let mut found = Vec::new();
    for file in ["src/config/builder.rs", "src/config/builder/limits.rs"] {
        let text = read(file);
        for rest in text.split("    pub fn ").skip(1) {
            let (name, arguments) = rest.split_once(['(', '<']).unwrap();
            match name {
                "credentials" => found.extend(["username", "password"].map(str::to_owned)),
                "tls" => found.extend(["tls_ca", "tls_certificate", "tls_key", "tls_verification"].map(str::to_owned)),
                _ if arguments.contains("mut self") => found.push(name.to_owned()),
                _ => {}
            }
        }
    }
    found
}

/// The names in the list that connection strings and the environment share.
fn listed() -> Vec<String> {
    let text = read("src/config/settings.rs");
    let (_, list) = text.split_once("const SETTINGS: &[Setting] = &[").unwrap();
    let list = list.split("\n];").next().unwrap();
    let constants = read("src/config/settings.rs") + &read("src/config/certificates.rs");
    let constant = |name: &str| {
        let value = constants.split_once(&format!("const {name}: &str = \"")).unwrap().1;
        value.split('"').next().unwrap().to_owned()
    };
    let mut found = Vec::new();
    for line in list.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("setting!(") {
            found.push(rest.split(',').next().unwrap().to_owned());
        } else if let Some(rest) = line.strip_prefix("pem_setting!(") {
            found.push(constant(rest.split(',').next().unwrap()));
        } else if let Some((_, rest)) = line.split_once("name: ") {
            let name = rest.split(',').next().unwrap();
            found.push(if name.starts_with('"') { name.trim_matches('"').to_owned() } else { constant(name) });
        }
    }
    found
}

#[test]
fn setters_texts_and_both_tables_list_the_same_settings() {
    let documented = first_column(&read("src/config.rs"), "| setting | default | bounds | meaning |");
    assert!(documented.len() >= 27, "{documented:?}");
    assert_eq!(setters(), documented, "setters of ConfigBuilder, and the table of Config");
    assert_eq!(listed(), documented, "SETTINGS, and the table of Config");
    let readme = first_column(&read("README.md"), "| setting | default | meaning |");
    assert_eq!(readme, documented, "the table of README.md, and that of Config");
}
