//! What the fuzz targets share: a tree of files from the bytes of one input.

use std::sync::Arc;

use pidone::source::{Disk, MemoryDisk};

/// Begins a line that names the next file of an input.
const MARK: &str = "%% ";

/// The files of an input: the text before the first line that begins with `%% ` is the Dockerfile, and such a
/// line names the file that follows it. Names are kept inside the build context. Bytes that are no UTF-8 stay
/// as they are.
pub fn tree(input: &[u8]) -> Arc<dyn Disk> {
    let mut name = "Dockerfile".to_owned();
    let mut text = Vec::new();
    let mut disk = MemoryDisk::new();
    for line in input.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_prefix(MARK.as_bytes()) {
            Some(next) => {
                disk = disk.script(name, std::mem::take(&mut text));
                let next = String::from_utf8_lossy(next);
                name = format!("./{}", next.trim().replace("..", "_"));
            }
            None => text.extend_from_slice(line),
        }
    }
    Arc::new(disk.script(name, text))
}
