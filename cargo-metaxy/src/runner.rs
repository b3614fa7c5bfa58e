//! The binary that holds a package's features and metaxy's command line: found, or made.

use crate::{
    BuildArgs,
    metadata::{Dependency, Metadata, MetadataError, Package, cargo},
};
use std::{fs, io, path::PathBuf, process::Command};
use toml::{Table, Value};

/// Why there is no runner.
#[derive(Debug, thiserror::Error)]
pub enum RunnerError {
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    #[error("package `{package}` has no binary `{bin}`; it has: {}", .known.join(", "))]
    UnknownBinary { package: String, bin: String, known: Vec<String> },
    #[error("package `{package}` has several binaries with `metaxy::main!()`: name one with `--bin` ({})", .known.join(", "))]
    Ambiguous { package: String, known: Vec<String> },
    #[error(
        "package `{package}` has neither a binary with `metaxy::main!()` nor a library: \
         write `metaxy::main!();` into src/bin/metaxy.rs"
    )]
    Nothing { package: String },
    #[error("package `{package}` does not depend on metaxy: run `cargo add metaxy -p {package}`")]
    NoDependency { package: String },
    #[error("cannot write the runner {}: {source}", .path.display())]
    Write { path: PathBuf, source: io::Error },
}

/// How the command line is run.
#[derive(Debug)]
pub enum Runner {
    /// A binary of the package.
    Binary { package: String, bin: String },
    /// A package of its own, made under the target directory.
    Made { manifest: PathBuf, target_directory: PathBuf },
}

impl Runner {
    /// Finds the package's binary with `metaxy::main!()`, or makes one.
    pub fn find(
        metadata: &Metadata,
        package: &Package,
        bin: Option<&str>,
        build: &BuildArgs,
    ) -> Result<Self, RunnerError> {
        let binary =
            |bin: &str| Self::Binary { package: package.name.clone(), bin: bin.to_owned() };
        if let Some(bin) = bin {
            let known: Vec<_> = package.binaries().map(|it| it.name.clone()).collect();
            return match known.iter().any(|it| it == bin) {
                true => Ok(binary(bin)),
                false => Err(RunnerError::UnknownBinary {
                    package: package.name.clone(),
                    bin: bin.to_owned(),
                    known,
                }),
            };
        }
        let found: Vec<&str> = package
            .binaries()
            .filter(|it| fs::read_to_string(&it.src_path).is_ok_and(|text| calls_main(&text)))
            .map(|it| it.name.as_str())
            .collect();
        let default = package.default_run.as_deref().filter(|it| found.contains(it));
        match (found.as_slice(), default) {
            (&[bin], _) | (_, Some(bin)) => Ok(binary(bin)),
            ([], None) => make(metadata, package, build),
            (several, None) => Err(RunnerError::Ambiguous {
                package: package.name.clone(),
                known: several.iter().map(|&it| it.to_owned()).collect(),
            }),
        }
    }

    /// The `cargo run` that runs it.
    pub fn command(&self, build: &BuildArgs) -> Command {
        let mut command = cargo();
        // Features may be compared with what migrations create, and it is these that are to be written.
        command.args(["run", "--quiet"]).env("METAXY_UNCHECKED", "1");
        match self {
            Self::Binary { package, bin } => {
                command.args(["--package", package, "--bin", bin]);
                build.apply_features(&mut command);
            }
            Self::Made { manifest, target_directory } => {
                command
                    .arg("--manifest-path")
                    .arg(manifest)
                    .arg("--target-dir")
                    .arg(target_directory);
            }
        }
        build.apply_profile(&mut command);
        command
    }
}

/// Whether a source file calls `metaxy::main!` outside of a line comment.
fn calls_main(source: &str) -> bool {
    source.lines().map(str::trim_start).any(|line| line.starts_with("metaxy::main!"))
}

/// Writes a package that links the library's features with metaxy's command line.
fn make(metadata: &Metadata, package: &Package, build: &BuildArgs) -> Result<Runner, RunnerError> {
    let library =
        package.library().ok_or_else(|| RunnerError::Nothing { package: package.name.clone() })?;
    let metaxy = package
        .dependencies
        .iter()
        .find(|it| it.name == "metaxy" && it.kind.is_none())
        .ok_or_else(|| RunnerError::NoDependency { package: package.name.clone() })?;
    let directory = metadata.target_directory.join("metaxy").join(&package.name);
    let source = format!(
        "//! Made by cargo-metaxy: links the features of `{}`.\n\nuse {} as _;\n\nmetaxy::main!();\n",
        package.name, library.name
    );
    let write = |name: &str, text: &[u8]| {
        let path = directory.join(name);
        // An unchanged file keeps its time, so that Cargo does not build again.
        if fs::read(&path).is_ok_and(|old| old == text) {
            return Ok(());
        }
        let parent = path.parent().unwrap_or(&directory);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&path, text))
            .map_err(|source| RunnerError::Write { path: path.clone(), source })
    };
    write("Cargo.toml", manifest(package, metaxy, build).to_string().as_bytes())?;
    write("src/main.rs", source.as_bytes())?;
    if !directory.join("Cargo.lock").exists()
        && let Ok(lock) = fs::read(metadata.workspace_root.join("Cargo.lock"))
    {
        write("Cargo.lock", &lock)?;
    }
    let manifest = directory.join("Cargo.toml");
    Ok(Runner::Made { manifest, target_directory: metadata.target_directory.clone() })
}

fn manifest(package: &Package, metaxy: &Dependency, build: &BuildArgs) -> Table {
    let strings = |items: Vec<String>| Value::Array(items.into_iter().map(Value::String).collect());
    let runner = Table::from_iter([
        ("name".to_owned(), Value::String(format!("{}-metaxy", package.name))),
        ("version".to_owned(), Value::String("0.0.0".to_owned())),
        ("edition".to_owned(), Value::String("2024".to_owned())),
        ("publish".to_owned(), Value::Boolean(false)),
    ]);
    let named = build.features.iter().flat_map(|it| it.split([',', ' ']));
    let features = match build.all_features {
        true => package.features.keys().cloned().collect(),
        false => named.filter(|it| !it.is_empty()).map(str::to_owned).collect(),
    };
    let library = Table::from_iter([
        ("path".to_owned(), Value::String(package.directory().display().to_string())),
        ("features".to_owned(), strings(features)),
        ("default-features".to_owned(), Value::Boolean(!build.no_default_features)),
    ]);
    let mut command_line = location(metaxy);
    let mut features = metaxy.features.clone();
    features.push("cli".to_owned());
    command_line.insert("features".to_owned(), strings(features));
    command_line
        .insert("default-features".to_owned(), Value::Boolean(metaxy.uses_default_features));
    let dependencies = Table::from_iter([
        (package.name.clone(), Value::Table(library)),
        ("metaxy".to_owned(), Value::Table(command_line)),
    ]);
    Table::from_iter([
        ("package".to_owned(), Value::Table(runner)),
        ("dependencies".to_owned(), Value::Table(dependencies)),
        // A workspace of its own, or Cargo takes it for a stray member of the user's.
        ("workspace".to_owned(), Value::Table(Table::new())),
    ])
}

/// Where a dependency comes from: a path, a git repository, or a registry.
fn location(dependency: &Dependency) -> Table {
    let mut table = Table::new();
    let mut set =
        |key: &str, value: &str| table.insert(key.to_owned(), Value::String(value.to_owned()));
    if let Some(path) = &dependency.path {
        set("path", &path.display().to_string());
    } else if let Some(git) = dependency.source.as_deref().and_then(|it| it.strip_prefix("git+")) {
        let git = git.split('#').next().unwrap_or(git);
        let (url, query) = git.split_once('?').unwrap_or((git, ""));
        set("git", url);
        for (key, value) in query.split('&').filter_map(|it| it.split_once('=')) {
            set(key, value);
        }
    } else {
        set("version", &dependency.req);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_of_main_is_found_and_a_comment_is_not() {
        for (source, expected) in [
            ("use x as _;\n\nmetaxy::main!();\n", true),
            ("    metaxy::main!();", true),
            ("// metaxy::main!();", false),
            ("//! write `metaxy::main!()`", false),
            ("fn main() {}", false),
        ] {
            assert_eq!(calls_main(source), expected, "{source}");
        }
    }

    #[test]
    fn cargos_own_flags_reach_cargo() {
        let build = BuildArgs {
            features: vec!["a,b".to_owned(), "c".to_owned()],
            all_features: false,
            no_default_features: true,
            release: true,
            profile: None,
        };
        let check = |runner: &Runner, expected: &str| {
            let command = runner.command(&build);
            let args = command.get_args().map(|it| it.to_string_lossy().into_owned());
            assert_eq!(args.collect::<Vec<_>>().join(" "), expected);
        };
        check(
            &Runner::Binary { package: "shop".to_owned(), bin: "features".to_owned() },
            "run --quiet --package shop --bin features --features a,b --features c --no-default-features --release",
        );
        // The features are in the manifest of what is made.
        check(
            &Runner::Made { manifest: "m/Cargo.toml".into(), target_directory: "target".into() },
            "run --quiet --manifest-path m/Cargo.toml --target-dir target --release",
        );
    }

    #[test]
    fn a_dependency_is_taken_from_where_the_package_takes_it() {
        let dependency = |source: Option<&str>, path: Option<&str>| Dependency {
            name: "metaxy".to_owned(),
            req: "^0.1".to_owned(),
            source: source.map(str::to_owned),
            path: path.map(PathBuf::from),
            kind: None,
            uses_default_features: true,
            features: Vec::new(),
        };
        for (dependency, expected) in [
            (dependency(None, Some("/m")), "path = \"/m\"\n"),
            (dependency(Some("registry+https://x"), None), "version = \"^0.1\"\n"),
            (
                dependency(Some("git+https://x/m?branch=b#0a"), None),
                "git = \"https://x/m\"\nbranch = \"b\"\n",
            ),
        ] {
            let actual = location(&dependency);
            assert_eq!(actual, expected.parse::<Table>().expect("valid TOML"));
        }
    }
}
