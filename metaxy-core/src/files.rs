//! [`replace`]: files that are written whole or not at all.

use std::{fs, io, path::Path};

/// Writes a file whole or not at all: who reads it meanwhile, or after the process was killed, finds the old text or the new one.
///
/// What a symbolic link leads to is written, not the link.
///
/// # Errors
///
/// Where the file, or the one beside it with `.tmp` at the end, cannot be written; the old text stays.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut scratch = path.clone();
    scratch.as_mut_os_string().push(".tmp");
    let written = fs::write(&scratch, text).and_then(|()| fs::rename(&scratch, &path));
    written.inspect_err(|_| {
        // The first error tells more.
        _ = fs::remove_file(&scratch);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_whole_or_not_at_all() {
        let directory = tempfile::tempdir().expect("a directory can be made");
        let path = directory.path().join("a.lock");
        for text in ["one", "another"] {
            replace(&path, text).expect("it can be written");
            assert_eq!(fs::read_to_string(&path).expect("it is there"), text);
        }
        fs::create_dir(directory.path().join("a.lock.tmp")).expect("it can be made");
        replace(&path, "third").expect_err("another thing is in the way");
        assert_eq!(fs::read_to_string(&path).expect("it is there"), "another");
        let names = fs::read_dir(directory.path()).expect("it can be read").count();
        assert_eq!(names, 2, "nothing else is left");
    }
}
