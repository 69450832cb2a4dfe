//! Any files, fixed: what comes out can be read again, and a second run has nothing left to do.
#![no_main]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use pidone::analyze::Options;
use pidone::fix::{Applicability, Fixed, Input, fix_all};
use pidone::source::{Disk, Overlay};

fn fixed(disk: &Arc<dyn Disk>) -> Fixed {
    let input = Input {
        shown: "Dockerfile".into(),
        place: Ok(PathBuf::from("Dockerfile")),
        options: Options::default(),
    };
    fix_all(
        disk,
        &[input],
        Applicability::Unsafe,
        &|_| true,
        &|_| true,
        &|indexes, plan| indexes.iter().map(|index| plan(*index)).collect(),
    )
}

fuzz_target!(|input: &[u8]| {
    let disk = pidone_fuzz::tree(input);
    let first = fixed(&disk);
    if first.files.is_empty() {
        return;
    }
    let mut after = Overlay::new(disk);
    for (path, (_, text)) in &first.files {
        after.replace(Path::new(path), text.as_bytes());
    }
    let second = fixed(&(Arc::new(after) as Arc<dyn Disk>));
    assert!(
        second.files.is_empty(),
        "a second run still changes {:?}",
        second.files.keys()
    );
});
