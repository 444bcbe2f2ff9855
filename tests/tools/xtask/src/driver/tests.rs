use super::*;

/// A folder that goes away with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("xtask-driver-{}-{name}", process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn filled(lib: &Path) {
    fs::create_dir_all(lib).unwrap();
    fs::write(lib.join(LIBRARY), "driver").unwrap();
    fs::write(lib.join(STAMP), stamp(lib).unwrap()).unwrap();
}

#[test]
fn a_half_finished_folder_is_not_ready() {
    let scratch = Scratch::new("half");
    let lib = scratch.0.join("lib");
    assert!(!is_ready(&lib, &Source::Wheel), "nothing there");
    filled(&lib);
    assert!(is_ready(&lib, &Source::Wheel));

    fs::write(lib.join(LIBRARY), "dri").unwrap();
    assert!(!is_ready(&lib, &Source::Wheel), "cut off");
    filled(&lib);
    fs::remove_file(lib.join(STAMP)).unwrap();
    assert!(!is_ready(&lib, &Source::Wheel), "never finished");
    filled(&lib);
    fs::remove_file(lib.join(LIBRARY)).unwrap();
    assert!(!is_ready(&lib, &Source::Wheel), "a file is missing");
}

#[test]
fn a_driver_from_another_path_is_linked_and_can_change() {
    let scratch = Scratch::new("elsewhere");
    let (lib, elsewhere, replaced) = (scratch.0.join("lib"), scratch.0.join("elsewhere"), scratch.0.join("replaced"));
    filled(&lib);
    filled(&elsewhere);
    let source = Source::Folder(elsewhere);
    assert!(!is_ready(&lib, &source));

    let work = scratch.0.join("work");
    fs::create_dir(&work).unwrap();
    let fresh = build(&work, &source).unwrap();
    replace(&lib, &fresh, &replaced).unwrap();
    assert!(is_ready(&lib, &source));
    assert!(!is_ready(&lib, &Source::Wheel), "a link to somebody else's folder");
    assert!(replaced.join(LIBRARY).is_file());
}

#[test]
fn folders_of_dead_runs_are_removed_and_others_kept() {
    let scratch = Scratch::new("abandoned");
    let [dead, running, lib] = ["work-1", "work-2", "lib"].map(|name| scratch.0.join(name));
    for folder in [&dead, &running, &lib] {
        filled(folder);
    }
    let long_ago = SystemTime::now() - 2 * ABANDONED;
    for folder in [&dead, &lib] {
        fs::File::open(folder).unwrap().set_modified(long_ago).unwrap();
    }
    remove_abandoned(&scratch.0).unwrap();
    assert!(!dead.exists() && running.exists() && lib.exists());
}
