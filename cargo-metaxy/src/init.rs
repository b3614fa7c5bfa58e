//! `cargo metaxy init`: what a crate needs to begin. It adds files and lines, and overwrites nothing.

use crate::metadata::Package;
use clap::{Parser, ValueEnum};
use std::{
    fs,
    io::{self, BufRead, IsTerminal, Write},
    path::{Path, PathBuf},
};

/// Writes metaxy.toml and a first feature into the package, and says what is still to be done.
///
/// What no flag says is asked for on a terminal, and has a default elsewhere. Files that are there stay as they are.
#[derive(Debug, Parser)]
#[command(
    name = "cargo metaxy init",
    bin_name = "cargo metaxy init",
    after_help = "\
Examples:
  cargo metaxy init
  cargo metaxy init --project shop --store sqlite
  cargo metaxy init --store postgres --url postgres://localhost/shop"
)]
pub struct Init {
    /// The project, which features belong to (default: the package)
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// The kind of database (default: sqlite)
    #[arg(long, value_enum)]
    store: Option<Kind>,
    /// Where the database is: a file, or a URL without a password
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Sqlite,
    Postgres,
    Mysql,
    Mariadb,
    Duckdb,
}

/// Why nothing was begun.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    #[error(
        "the URL has a password, which does not belong into a file: leave `--url` out, and set DATABASE_URL where metaxy runs"
    )]
    Password,
    #[error("cannot write {}: {source}", .path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("no answer: {0}")]
    Answer(io::Error),
    #[error("`{0}` is no kind of database: write one of sqlite, postgres, mysql, mariadb, duckdb")]
    Kind(String),
}

/// The files that were looked at, and what was done with each.
type Report = Vec<(PathBuf, &'static str)>;

/// What was settled, by flags or answers.
struct Plan {
    project: String,
    kind: Kind,
    url: Option<String>,
}

impl Init {
    pub fn run(self, package: &Package) -> Result<(), InitError> {
        if self.url.as_deref().is_some_and(has_password) {
            return Err(InitError::Password);
        }
        let plan = self.settle(package)?;
        let root = package.directory();
        let mut report = Report::new();
        create(&root.join("metaxy.toml"), &plan.config(), &mut report)?;
        create(&root.join("src/features.rs"), &plan.features(package), &mut report)?;
        let library =
            package.library().map_or_else(|| root.join("src/lib.rs"), |it| it.src_path.clone());
        declare(&library, &mut report)?;
        let ignored: &[&str] = match plan.kind {
            Kind::Sqlite => &["*.db", "*.db-journal", "*.db-shm", "*.db-wal"],
            Kind::Duckdb => &["*.duckdb", "*.duckdb.wal"],
            Kind::Postgres | Kind::Mysql | Kind::Mariadb => &[],
        };
        if !ignored.is_empty() {
            append(&root.join(".gitignore"), ignored, &mut report)?;
        }
        let here = std::env::current_dir().unwrap_or_default();
        for (path, words) in report {
            let path = path.strip_prefix(&here).unwrap_or(&path);
            println!("{words:9} {}", path.display());
        }
        print!("\nNext:\n{}", plan.next(package));
        Ok(())
    }

    fn settle(self, package: &Package) -> Result<Plan, InitError> {
        let asks = io::stdin().is_terminal() && io::stdout().is_terminal();
        let ask = |question: &str, default: &str| match asks {
            true => answer(question, default),
            false => Ok(default.to_owned()),
        };
        let project = match self.project {
            Some(project) => project,
            None => ask("Project", &package.name)?,
        };
        let kind = match self.store {
            Some(kind) => kind,
            None => {
                let name = ask("Database (sqlite, postgres, mysql, mariadb, duckdb)", "sqlite")?;
                Kind::from_str(&name, true).map_err(|_| InitError::Kind(name))?
            }
        };
        let url = match (self.url, kind) {
            (Some(url), _) => Some(url),
            (None, Kind::Sqlite) => Some(ask("File", &format!("{}.db", package.name))?),
            (None, Kind::Duckdb) => Some(ask("File", &format!("{}.duckdb", package.name))?),
            (None, _) => None,
        };
        Ok(Plan { project, kind, url })
    }
}

fn answer(question: &str, default: &str) -> Result<String, InitError> {
    print!("{question} [{default}]: ");
    io::stdout().flush().map_err(InitError::Answer)?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(InitError::Answer)?;
    let line = line.trim();
    Ok(if line.is_empty() { default } else { line }.to_owned())
}

/// Whether a URL has something between the user's name and the host.
fn has_password(url: &str) -> bool {
    let authority =
        url.split_once("://").map(|(_, rest)| rest.split(['/', '?']).next().unwrap_or(rest));
    let user = authority.and_then(|it| it.rsplit_once('@')).map(|(user, _)| user);
    user.is_some_and(|it| it.contains(':')) || url.contains("password=")
}

impl Plan {
    fn config(&self) -> String {
        let quote = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let config = match (self.kind, &self.url) {
            (Kind::Sqlite | Kind::Duckdb, Some(file)) => format!("database = {}", quote(file)),
            (_, Some(url)) => {
                format!("connection_string = {}", quote(&format!("${{DATABASE_URL:-{url}}}")))
            }
            (_, None) => "connection_string = \"${DATABASE_URL}\"".to_owned(),
        };
        format!(
            "project = {}\nstore = \"dev\" # where nothing else is named\n\n[stores.dev]\ntype = \"{}\"\nconfig = {{ {config} }}\n",
            quote(&self.project),
            self.kind.name(),
        )
    }

    /// Features are of the package's project unless they say otherwise.
    fn features(&self, package: &Package) -> String {
        if self.project == package.name {
            return FEATURE.to_owned();
        }
        let ids = "id_columns(file_id)";
        let project = toml::Value::String(self.project.clone());
        FEATURE.replace(ids, &format!("project = {project}, {ids}"))
    }

    fn next(&self, package: &Package) -> String {
        let depends =
            |name: &str| package.dependencies.iter().any(|it| it.name == name && it.kind.is_none());
        let mut next = String::new();
        if !depends("metaxy") {
            let features = match self.kind {
                Kind::Sqlite => "",
                Kind::Postgres => " --features postgres-bundled",
                Kind::Mysql | Kind::Mariadb => " --features mysql",
                Kind::Duckdb => " --features duckdb",
            };
            next.push_str(&format!("  cargo add metaxy{features}\n"));
        }
        if !depends("diesel") {
            let backend = match self.kind {
                Kind::Sqlite => ",sqlite",
                Kind::Postgres => ",postgres",
                Kind::Mysql | Kind::Mariadb => ",mysql",
                // Diesel's backend for it is another crate.
                Kind::Duckdb => "",
            };
            next.push_str(&format!(
                "  cargo add diesel --no-default-features --features 32-column-tables{backend}\n"
            ));
        }
        if self.kind == Kind::Duckdb {
            next.push_str(
                "  export DUCKDB_LIB_DIR=…   # the directory of libduckdb, where the system does not have it\n",
            );
        }
        if self.url.is_none() {
            next.push_str("  export DATABASE_URL=…    # where the database is\n");
        }
        next + "  cargo metaxy migration generate initialize\n  cargo metaxy migration run\n  cargo metaxy graph render -o graph.html\n"
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
            Self::Mariadb => "mariadb",
            Self::Duckdb => "duckdb",
        }
    }
}

/// Writes a file that is not there.
fn create(path: &Path, text: &str, report: &mut Report) -> Result<(), InitError> {
    let failed = |source| InitError::Write { path: path.to_owned(), source };
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    // Also where another process writes it right now.
    match fs::File::create_new(path) {
        Ok(mut file) => {
            file.write_all(text.as_bytes()).map_err(failed)?;
            report.push((path.to_owned(), "wrote"));
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            report.push((path.to_owned(), "kept"))
        }
        Err(error) => return Err(failed(error)),
    }
    Ok(())
}

/// Adds the lines that a file lacks.
fn append(path: &Path, lines: &[&str], report: &mut Report) -> Result<(), InitError> {
    change(path, report, |old| {
        let lacks = |line: &&str| !old.lines().any(|it| it.trim() == *line);
        let missing: Vec<&str> = lines.iter().copied().filter(lacks).collect();
        let end = if old.is_empty() || old.ends_with('\n') { "" } else { "\n" };
        (!missing.is_empty()).then(|| format!("{old}{end}{}\n", missing.join("\n")))
    })
}

/// Declares the module of features in a library, below what is said of the library itself.
fn declare(library: &Path, report: &mut Report) -> Result<(), InitError> {
    change(library, report, |old| {
        if old.lines().any(|it| it.trim_end().ends_with("mod features;")) {
            return None;
        }
        let is_head = |line: &&str| line.starts_with("//!") || line.starts_with("#![");
        let head: Vec<&str> = old.lines().take_while(is_head).collect();
        let rest: Vec<&str> = old.lines().skip(head.len()).collect();
        let parts = [head.join("\n"), "pub mod features;".to_owned(), rest.join("\n")];
        let parts = parts.iter().map(|it| it.trim_matches('\n')).filter(|it| !it.is_empty());
        Some(parts.collect::<Vec<_>>().join("\n\n") + "\n")
    })
}

/// Writes what a file becomes, which may not be there yet; nothing where it stays as it is.
fn change(
    path: &Path,
    report: &mut Report,
    new: impl Fn(&str) -> Option<String>,
) -> Result<(), InitError> {
    let failed = |source| InitError::Write { path: path.to_owned(), source };
    let (old, words) = match fs::read_to_string(path) {
        Ok(old) => (old, "added to"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => (String::new(), "wrote"),
        Err(error) => return Err(failed(error)),
    };
    match new(&old) {
        Some(text) => {
            fs::write(path, text).map_err(failed)?;
            report.push((path.to_owned(), words));
        }
        None => report.push((path.to_owned(), "kept")),
    }
    Ok(())
}

/// Compiled by the tests of the example, too.
const FEATURE: &str = include_str!("init/features.rs");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_is_declared_once_below_the_docs() {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let library = directory.path().join("lib.rs");
        for (before, after) in [
            ("", "pub mod features;\n"),
            ("//! Mine.\n", "//! Mine.\n\npub mod features;\n"),
            ("//! Mine.\n\nfn f() {}\n", "//! Mine.\n\npub mod features;\n\nfn f() {}\n"),
            ("mod features;\n", "mod features;\n"),
        ] {
            fs::write(&library, before).expect("it can be written");
            declare(&library, &mut Report::new()).expect("it can be changed");
            assert_eq!(fs::read_to_string(&library).expect("it is there"), after);
        }
    }

    #[test]
    fn passwords_are_seen() {
        for (url, expected) in [
            ("postgres://ann:hunter2@localhost/shop", true),
            ("postgres://ann@localhost:5432/shop", false),
            ("postgres://localhost:5432/shop", false),
            ("host=localhost password=hunter2", true),
            ("shop.db", false),
        ] {
            assert_eq!(has_password(url), expected, "{url}");
        }
    }
}
