//! The example, as it is started: on a machine that has no migrations, any number at once.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
    thread,
};

fn command(directory: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_service"));
    command.args(args).current_dir(directory).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env("SERVICE_DATABASE", directory.join("service.db"));
    command
}

fn text(output: &Output) -> String {
    let text = [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it));
    text.concat()
}

#[test]
fn it_brings_its_database_up_to_date_once() {
    let folder = tempfile::tempdir().expect("a directory can be made");
    let start = |args: &[&str]| command(folder.path(), args).output().expect("it starts");
    let pending = start(&["--check"]);
    assert!(!pending.status.success());
    assert!(text(&pending).contains("dev:system"), "{}", text(&pending));
    assert!(text(&pending).contains("_initialize"), "{}", text(&pending));

    let all: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..5).map(|_| scope.spawn(|| start(&[]))).collect();
        threads.into_iter().map(|it| it.join().expect("it ends")).collect()
    });
    assert!(all.iter().all(|it| it.status.success()), "{}", text(&all[0]));
    let said: String = all.iter().map(text).collect();
    assert_eq!(said.matches("applied dev:system ").count(), 1, "{said}");
    assert_eq!(said.matches("applied dev:features ").count(), 1, "{said}");
    assert_eq!(text(&start(&["--check"])), "all migrations are applied\n");
    assert_eq!(text(&start(&[])), "");
}
