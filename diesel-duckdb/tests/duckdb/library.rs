//! What the build says where there is no library.

#[allow(dead_code, reason = "its `main` is Cargo's to run")]
#[path = "../../build.rs"]
mod build;

#[test]
fn a_missing_library_is_said_with_the_ways_to_have_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    let said = build::missing(Some(path)).expect("the directory is empty");
    for words in
        [path, "DUCKDB_LIB_DIR names, has no libduckdb", "1. set", "2. install", "3. have it built"]
    {
        assert!(said.contains(words), "{words}: {said}");
    }
    std::fs::write(directory.path().join("libduckdb.so"), "").unwrap();
    assert_eq!(build::missing(Some(path)), None);
}
