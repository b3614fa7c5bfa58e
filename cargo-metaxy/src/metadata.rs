//! What `cargo metadata` says of the workspace.

use serde::Deserialize;
use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    process::Command,
};

/// Why the workspace or the package was not found.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    /// Cargo did not start.
    #[error("cannot run cargo: {0}")]
    Spawn(#[source] io::Error),
    /// Cargo refused.
    #[error("cargo metadata failed:\n{0}")]
    Cargo(String),
    /// The working directory is outside of any crate.
    #[error(
        "no crate here: change into the one with the features, or begin one with `cargo new --lib NAME`"
    )]
    NoCrate,
    /// Cargo's answer was not understood.
    #[error("cannot read what `cargo metadata` printed: {0}")]
    Json(#[from] serde_json::Error),
    /// No package of that name.
    #[error("the workspace has no package `{name}`; it has: {}", .known.join(", "))]
    UnknownPackage { name: String, known: Vec<String> },
    /// The working directory belongs to no package.
    #[error("no package here: change into the one with the features, or name it with `-p NAME` ({})", .known.join(", "))]
    NoPackage { known: Vec<String> },
}

/// The workspace.
#[derive(Debug, Deserialize)]
pub struct Metadata {
    /// Its packages.
    pub packages: Vec<Package>,
    /// Where it is.
    pub workspace_root: PathBuf,
    /// Where Cargo builds.
    pub target_directory: PathBuf,
}

/// A package of the workspace.
#[derive(Debug, Deserialize)]
pub struct Package {
    pub name: String,
    pub manifest_path: PathBuf,
    pub targets: Vec<Target>,
    pub dependencies: Vec<Dependency>,
    pub features: BTreeMap<String, Vec<String>>,
    pub default_run: Option<String>,
}

/// What a package builds.
#[derive(Debug, Deserialize)]
pub struct Target {
    pub name: String,
    pub kind: Vec<String>,
    pub src_path: PathBuf,
}

/// What a package depends on.
#[derive(Debug, Deserialize)]
pub struct Dependency {
    pub name: String,
    pub req: String,
    pub source: Option<String>,
    pub path: Option<PathBuf>,
    pub kind: Option<String>,
    pub uses_default_features: bool,
    pub features: Vec<String>,
}

impl Metadata {
    /// Asks Cargo.
    pub fn read(manifest_path: Option<&Path>) -> Result<Self, MetadataError> {
        let mut command = cargo();
        command.args(["metadata", "--no-deps", "--format-version", "1"]);
        if let Some(path) = manifest_path {
            command.arg("--manifest-path").arg(path);
        }
        let output = command.output().map_err(MetadataError::Spawn)?;
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            let is_nowhere = message.contains("could not find `Cargo.toml`");
            return Err(match manifest_path.is_none() && is_nowhere {
                true => MetadataError::NoCrate,
                false => MetadataError::Cargo(message),
            });
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// The package of that name; without one, that which holds `place`, or the only one there is.
    pub fn package(&self, name: Option<&str>, place: &Path) -> Result<&Package, MetadataError> {
        let known = || self.packages.iter().map(|it| it.name.clone()).collect();
        if let Some(name) = name {
            return self.packages.iter().find(|it| it.name == name).ok_or_else(|| {
                MetadataError::UnknownPackage { name: name.to_owned(), known: known() }
            });
        }
        let place = place.canonicalize().unwrap_or_else(|_| place.to_owned());
        let holding = self
            .packages
            .iter()
            .filter(|it| place.starts_with(it.directory()))
            .max_by_key(|it| it.directory().components().count());
        match (holding, self.packages.as_slice()) {
            (Some(package), _) | (None, [package]) => Ok(package),
            (None, _) => Err(MetadataError::NoPackage { known: known() }),
        }
    }
}

impl Package {
    /// The folder of its Cargo.toml.
    pub fn directory(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(&self.manifest_path)
    }

    /// Its binaries.
    pub fn binaries(&self) -> impl Iterator<Item = &Target> {
        self.targets.iter().filter(|it| it.kind.iter().any(|kind| kind == "bin"))
    }

    /// Its library.
    pub fn library(&self) -> Option<&Target> {
        let is_library = |kind: &String| matches!(kind.as_str(), "lib" | "rlib");
        self.targets.iter().find(|it| it.kind.iter().any(is_library))
    }
}

/// The Cargo that called us, or the one in PATH.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}
