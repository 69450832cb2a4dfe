//! Replacing a file by its fixed text. The only place that writes files.

#![allow(clippy::disallowed_methods, reason = "this is the door for writing")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::source::system_says;

/// Replaces a file in one step: the new text is written beside it and renamed over it, with the mode and
/// owner of the old one. Refuses what is not a regular file, is read-only, or no longer holds `old`.
pub(super) fn replace(path: &Path, old: &[u8], new: &[u8]) -> Result<(), String> {
    let meta = fs::symlink_metadata(path).map_err(|error| system_says(&error))?;
    if meta.file_type().is_symlink() {
        return Err("it is a symbolic link: fix the file that it leads to".to_owned());
    }
    if !meta.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    if meta.permissions().readonly() {
        return Err("it is read-only".to_owned());
    }
    let now = fs::read(path).map_err(|error| system_says(&error))?;
    if now != old {
        return Err("it has changed meanwhile".to_owned());
    }
    let (beside, mut file) = create_beside(path)?;
    let stored = file
        .write_all(new)
        .and_then(|()| keep_owner(&file, &meta))
        .and_then(|()| file.set_permissions(meta.permissions()))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&beside, path));
    stored.map_err(|error| {
        // What is left beside it would only be in the way; that it cannot be removed says nothing new.
        let _ = fs::remove_file(&beside);
        system_says(&error)
    })
}

fn create_beside(path: &Path) -> Result<(PathBuf, fs::File), String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    for attempt in 0..100 {
        let beside =
            path.with_file_name(format!(".{name}.pidone-{}-{attempt}", std::process::id()));
        match fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&beside)
        {
            Ok(file) => return Ok((beside, file)),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(system_says(&error)),
        }
    }
    Err("no name is free beside it".to_owned())
}

#[cfg(unix)]
fn keep_owner(file: &fs::File, meta: &fs::Metadata) -> std::io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let own = file.metadata()?;
    if (own.uid(), own.gid()) == (meta.uid(), meta.gid()) {
        return Ok(());
    }
    fchown(file, Some(meta.uid()), Some(meta.gid())).map_err(|error| match error.kind() {
        std::io::ErrorKind::PermissionDenied => {
            std::io::Error::other("its owner and group cannot be kept")
        }
        _ => error,
    })
}

#[cfg(not(unix))]
fn keep_owner(_file: &fs::File, _meta: &fs::Metadata) -> std::io::Result<()> {
    Ok(())
}
