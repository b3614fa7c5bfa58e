//! The example: one project pushes, the other locks, and finds what changed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// Both projects in a directory of their own, with one database.
struct Projects {
    directory: TempDir,
}

impl Projects {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory can be made");
        for project in ["recordings", "transcripts"] {
            let home = directory.path().join(project);
            fs::create_dir(&home).expect("a directory can be made");
            let config = Path::new(env!("CARGO_MANIFEST_DIR")).join(project).join("metaxy.toml");
            fs::copy(config, home.join("metaxy.toml")).expect("it can be copied");
        }
        Self { directory }
    }

    fn home(&self, project: &str) -> PathBuf {
        self.directory.path().join(project)
    }

    /// Runs a command of a project, which has to end so, and gives what it printed.
    #[track_caller]
    fn run(&self, project: &str, args: &str, code: i32) -> String {
        let program = match project {
            "recordings" => env!("CARGO_BIN_EXE_recordings"),
            _ => env!("CARGO_BIN_EXE_transcripts"),
        };
        let output = Command::new(program)
            .args(args.split(' '))
            .current_dir(self.home(project))
            .env("NO_COLOR", "1")
            .env_remove("CARGO_MANIFEST_DIR")
            .output()
            .expect("it starts");
        let text =
            [output.stdout, output.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
        assert_eq!(output.status.code(), Some(code), "{args}: {}", text.concat());
        text.concat()
    }
}

#[test]
fn a_project_depends_on_what_another_pushed() {
    let projects = Projects::new();
    for command in ["migration generate initialize", "migration run", "push"] {
        projects.run("recordings", command, 0);
    }
    let locked = projects.run("transcripts", "lock", 0);
    assert!(locked.contains("+ recording ("), "{locked}");
    let lock = fs::read_to_string(projects.home("transcripts").join("metaxy.lock"));
    let committed = include_str!("../transcripts/metaxy.lock");
    assert_eq!(versions(&lock.expect("it was written")), versions(committed));

    for command in ["migration generate initialize", "migration run"] {
        projects.run("transcripts", &format!("-n shared:features {command}"), 0);
    }
    for project in ["recordings", "transcripts"] {
        let said = projects.run(project, "-n shared:features migration diff", 0);
        assert!(said.contains("the database is what its migrations made"), "{said}");
    }
    projects.run("transcripts", "lock --check", 0);
    let status = projects.run("transcripts", "metadata status", 0);
    assert!(status.contains("transcript  0 rows"), "{status}");
    let graph = projects.run("transcripts", "graph render", 0);
    assert!(graph.contains("◄ recording.audio"), "{graph}");
}

/// What a lock file says of versions.
fn versions(lock: &str) -> Vec<&str> {
    lock.lines().filter(|it| it.contains("version")).collect()
}
