//! Programs that the tests need, from Debian's packages where they are missing.

use crate::Result;
use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What draws the pictures that are tested, the clients that run scripts, and the packages that have them.
const PROGRAMS: [(&str, &str); 5] = [
    ("chromedriver", "chromium-driver"),
    ("rsvg-convert", "librsvg2-bin"),
    ("psql", "postgresql-client"),
    ("mariadb", "mariadb-client"),
    ("sqlite3", "sqlite3"),
];

/// Installs the programs that tests call, where they are missing.
pub fn called() -> Result<()> {
    for (program, package) in PROGRAMS {
        if in_path(&[program]).is_none() {
            install(package)?;
        }
    }
    Ok(())
}

/// The first directory in PATH that has all of these programs.
pub fn in_path(programs: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).find(|directory| has(directory, programs))
}

pub fn has(directory: &Path, programs: &[&str]) -> bool {
    programs.iter().all(|program| directory.join(program).is_file())
}

/// Installs a Debian package.
pub fn install(package: &str) -> Result<()> {
    if !Path::new("/usr/bin/apt-get").exists() {
        return Err(
            format!("the tests need {package}: install it, with its programs in PATH").into()
        );
    }
    for args in [&["update"][..], &["install", "--yes", "--no-install-recommends", package]] {
        let mut command = Command::new("apt-get");
        command.arg("-qq").args(args).env("DEBIAN_FRONTEND", "noninteractive");
        // Its output must not be taken for that of the tests.
        if !command.stdout(Stdio::null()).status()?.success() {
            let args = args.join(" ");
            return Err(format!("`apt-get {args}` failed; the tests need {package}").into());
        }
    }
    Ok(())
}

/// Runs a program that has to succeed. Its output must not be taken for that of the tests.
pub fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.stdout(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{program} failed: {status}").into()),
        Err(error) => Err(format!("{program} cannot be run: {error}").into()),
    }
}
