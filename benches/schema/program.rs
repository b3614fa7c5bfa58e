//! The programs that are measured: binaries as a user has them, with features linked in.

use super::{Result, Shape};
use std::{
    env,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A program with the features of a shape.
pub struct Program {
    path: PathBuf,
    /// What it finds its libraries with.
    variables: Variables,
}

/// Environment variables.
type Variables = Vec<(&'static str, String)>;

impl Program {
    /// A call of its command line, in the directory of a `metaxy.toml`.
    pub fn command(&self, directory: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        command.args(args).current_dir(directory).envs(self.variables.iter().cloned());
        command
    }

    /// Runs SQL on a database of any kind.
    pub fn sql(&self, backend: &str, url: &str, sql: &str) -> Result<()> {
        let output = self.command(Path::new("."), &["sql", backend, url, sql]).output()?;
        match output.status.success() {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&output.stderr).into()),
        }
    }
}

/// Builds a program for each shape, in release, in a directory under `target/`, with features of metaxy.
pub fn build<const N: usize>(
    root: &Path,
    package: &Path,
    features: &[&str],
    variables: &[(&'static str, String)],
    shapes: [Shape; N],
) -> Result<[Program; N]> {
    let bins = package.join("src/bin");
    fs::create_dir_all(&bins)?;
    let manifest = format!(
        "[package]\nname = \"bench\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         metaxy = {{ path = {root:?}, features = {features:?} }}\n"
    );
    fs::write(package.join("Cargo.toml"), manifest)?;
    fs::copy(root.join("Cargo.lock"), package.join("Cargo.lock"))?;
    for shape in shapes {
        fs::write(bins.join(format!("{}.rs", shape.name())), source(shape)?)?;
    }
    let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--release", "--quiet", "--bins"])
        .current_dir(package)
        .envs(variables.iter().cloned())
        .status()?;
    let program = |shape: Shape| Program {
        path: package.join("target/release").join(shape.name()),
        variables: variables.to_vec(),
    };
    match status.success() {
        true => Ok(shapes.map(program)),
        false => Err("the programs to measure do not compile".into()),
    }
}

fn source(shape: Shape) -> Result<String> {
    let mut source = include_str!("features.rs").to_owned();
    for at in 0..shape.tables {
        let parent = match at.checked_sub(1) {
            Some(before) if shape.chain => format!("Some({:?})", Shape::table(before)),
            _ => "None".to_owned(),
        };
        writeln!(source, "feature!({:?}, {}, {parent});", Shape::table(at), shape.chain)?;
    }
    Ok(source)
}
