//! Writing that fails half-way.

use std::{collections::BTreeMap, fs, path::Path};

/// That where a file of a history cannot be written, all are as they were.
#[track_caller]
pub fn is_undone<E>(history: &Path, write: impl FnOnce() -> Result<(), E>) {
    let files = || {
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(history).expect("it is there") {
            let path = entry.expect("it can be read").path();
            let inner = path.read_dir().into_iter().flatten();
            let inner = inner.map(|it| it.expect("it can be read").path());
            files.extend(inner.chain([path]).map(|it| (it.clone(), fs::read_to_string(it).ok())));
        }
        files
    };
    // The name that the snapshot has while it is written, which is after the migrations.
    let in_the_way = history.join("snapshot.json.tmp");
    fs::create_dir(&in_the_way).expect("it can be made");
    let before = files();
    assert!(write().is_err());
    assert_eq!(files(), before);
    fs::remove_dir(in_the_way).expect("it is empty");
}
