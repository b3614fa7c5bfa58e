//! The example, as it is started: its migrations, its rows, and nothing to do the second time.

#[path = "../../../metaxy-diesel/tests/support/mod.rs"]
mod support;

use metaxy_diesel::Backend;
use std::{fs, process::Command};
use support::TestDatabase;

#[test]
fn it_writes_what_is_new_once() {
    let database = TestDatabase::new(Backend::Postgres);
    let home = database.directory();
    fs::write(home.join("metaxy.toml"), include_str!("../metaxy.toml")).expect("can be written");
    let run = |args: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_pages"))
            .args(args.split_whitespace())
            .current_dir(home)
            .env("DATABASE_URL", database.url.expose())
            .env_remove("CARGO_MANIFEST_DIR")
            .output()
            .expect("it starts");
        let text = [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it));
        (output.status.success(), text.concat())
    };
    let (done, text) = run("");
    assert!(!done && text.contains("run `metaxy migration run`"), "{text}");
    for command in ["migration generate initialize", "migration run"] {
        let (done, text) = run(command);
        assert!(done, "{text}");
    }
    assert_eq!(run(""), (true, "2 pages written\n2 summaries written\n".to_owned()));
    assert_eq!(run(""), (true, "0 pages written\n0 summaries written\n".to_owned()));
}
