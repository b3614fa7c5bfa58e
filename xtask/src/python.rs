//! The real Metaxy for Python, with which tests share stores: in a virtual environment under target/.

use crate::{
    Result,
    programs::{in_path, install},
    target_directory,
};
use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// What names the Python that has the packages.
const VARIABLE: &str = "METAXY_TEST_PYTHON";

/// What it has, from PyPI. The JSON schemas of features are those of one version of pydantic, and files of DuckDB 2 are not read
/// by DuckDB 1.5, with which the tests share them.
///
/// duckdb-engine reads no tables with newer versions of SQLAlchemy and Alembic.
const PACKAGES: [&str; 7] = [
    "metaxy[postgres,sqlmodel,duckdb,map]==0.1.11",
    "psycopg[binary]>=3.2",
    "pydantic==2.12.5",
    "duckdb>=1.5,<1.6",
    "duckdb-engine>=0.17",
    "sqlalchemy>=2.0,<2.0.40",
    "alembic>=1.16,<1.17",
];

/// How long one step of the installation may take.
const LIMIT: Duration = Duration::from_secs(600);

/// The variable that tells the tests where it is: as it is, or for an environment that is made where it is not there yet.
pub fn variables() -> Result<Vec<(&'static str, String)>> {
    if let Ok(python) = env::var(VARIABLE) {
        return Ok(vec![(VARIABLE, python)]);
    }
    let directory = target_directory().join("python");
    let (python, marker) = (directory.join("bin/python"), directory.join("packages"));
    let packages = PACKAGES.join("\n");
    if !(python.is_file() && fs::read_to_string(&marker).is_ok_and(|known| known == packages)) {
        make(&directory, &python).map_err(|error| {
            format!(
                "the tests need Metaxy for Python, and {error}. Or set {VARIABLE} to a Python 3.10 or later that has \
                 {}",
                PACKAGES.join(", ")
            )
        })?;
        fs::write(&marker, packages)?;
    }
    let python = python.to_str().ok_or("the path of the workspace is not in UTF-8")?.to_owned();
    Ok(vec![(VARIABLE, python)])
}

/// By uv, which fetches a Python where there is none, or else by venv and pip.
fn make(directory: &Path, python: &Path) -> Result<()> {
    eprintln!("xtask: installing {} into {}", PACKAGES[0], directory.display());
    if directory.exists() {
        fs::remove_dir_all(directory)?;
    }
    if in_path(&["uv"]).is_some() {
        run(Command::new("uv").args(["venv", "--quiet", "--python", ">=3.10"]).arg(directory))?;
        let mut pip = Command::new("uv");
        pip.args(["pip", "install", "--quiet", "--python"]).arg(python);
        return run(pip.args(PACKAGES));
    }
    let venv = || run(Command::new("python3").args(["-m", "venv"]).arg(directory));
    if venv().is_err() {
        install("python3-venv")?;
        venv()?;
    }
    let mut pip = Command::new(python);
    run(pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(PACKAGES))
}

/// Runs a program that has to end within [`LIMIT`].
fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    // Its output must not be taken for that of the tests.
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
    let mut child = child.map_err(|error| format!("{program} cannot be run: {error}"))?;
    let start = Instant::now();
    loop {
        match child.try_wait()? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(format!("{program} failed: {status}").into()),
            None if start.elapsed() > LIMIT => {
                child.kill()?;
                child.wait()?;
                return Err(format!("{program} did not end within {LIMIT:?}").into());
            }
            None => thread::sleep(Duration::from_millis(100)),
        }
    }
}
