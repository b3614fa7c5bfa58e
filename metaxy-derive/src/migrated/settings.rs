//! Which histories a package is checked against: `compile_time_check` in its Cargo.toml, and where metaxy.toml has them.

use std::{
    fs,
    path::{Path, PathBuf},
};
use toml::{Table, Value};

/// The key in `[package.metadata.metaxy]`.
const KEY: &str = "compile_time_check";

/// The scope whose tables features have.
const SCOPE: &str = "features";

/// What a package is checked against.
pub struct Settings {
    /// The histories.
    pub histories: Vec<History>,
    /// The files of configuration that say so.
    pub files: Vec<PathBuf>,
}

/// A history of migrations.
pub struct History {
    /// `dev:features`
    pub environment: String,
    /// Its `snapshot.json`.
    pub snapshot: PathBuf,
}

impl History {
    /// What to do where it lacks something.
    pub fn mend(&self) -> String {
        format!("run `cargo metaxy -n {} migration generate NAME`", self.environment)
    }
}

/// What a package asks for; `None`: nothing.
pub fn read(package: &Path) -> Result<Option<Settings>, String> {
    let manifest = package.join("Cargo.toml");
    let Ok(text) = fs::read_to_string(&manifest) else { return Ok(None) };
    // Most do not.
    if !text.contains(KEY) {
        return Ok(None);
    }
    let manifest: Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
    let stores = match find(&manifest, &["package", "metadata", "metaxy", KEY]) {
        None | Some(Value::Boolean(false)) => return Ok(None),
        Some(Value::Boolean(true)) => None,
        Some(Value::Array(names)) => Some(
            names
                .iter()
                .map(|it| it.as_str().map(str::to_owned))
                .collect::<Option<Vec<_>>>()
                .ok_or_else(wrong)?,
        ),
        Some(_) => return Err(wrong()),
    };
    let config = Config::of(package)?;
    let stores = match stores {
        Some(stores) => stores,
        None => vec![config.text(&["store"])?.unwrap_or_else(|| "dev".to_owned())],
    };
    let history = |store: String| {
        Ok(History {
            snapshot: config.directory(&store)?.join("snapshot.json"),
            environment: format!("{store}:{SCOPE}"),
        })
    };
    let histories = stores.into_iter().map(history).collect::<Result<_, String>>()?;
    Ok(Some(Settings { histories, files: config.files.into_iter().map(|it| it.path).collect() }))
}

fn wrong() -> String {
    format!(
        "`{KEY}` in Cargo.toml must be true, for the default store of metaxy.toml, or a list of stores: `{KEY} = [\"dev\", \"prod\"]`"
    )
}

/// The configuration that metaxy finds from the package's directory: a file, and those that it extends.
struct Config {
    base: PathBuf,
    files: Vec<File>,
}

struct File {
    path: PathBuf,
    table: Table,
}

impl Config {
    fn of(package: &Path) -> Result<Self, String> {
        for directory in package.ancestors() {
            for (name, section) in [
                ("metaxy.toml", &[][..]),
                ("pyproject.toml", &["tool", "metaxy"]),
                ("Cargo.toml", &["package", "metadata", "metaxy"]),
                ("Cargo.toml", &["workspace", "metadata", "metaxy"]),
            ] {
                let file = File::read(directory.join(name), section)?;
                let Some(file) = file else { continue };
                // A section that only asks for the check configures nothing.
                if section.is_empty() || file.table.keys().any(|it| it != KEY) {
                    return Self::with_extended(directory.to_owned(), file);
                }
            }
        }
        Ok(Self { base: package.to_owned(), files: Vec::new() })
    }

    fn with_extended(base: PathBuf, file: File) -> Result<Self, String> {
        let mut files = vec![file];
        while let Some(extended) = files.last().and_then(|it| it.table.get("extend")?.as_str()) {
            let last = &files[files.len() - 1].path;
            let path = last.parent().unwrap_or(Path::new("")).join(extended);
            let section: &[&str] = match path.file_name().and_then(|it| it.to_str()) {
                Some("pyproject.toml") => &["tool", "metaxy"],
                Some("Cargo.toml") => &["package", "metadata", "metaxy"],
                _ => &[],
            };
            if files.iter().any(|it| it.path == path) {
                break;
            }
            match File::read(path, section)? {
                Some(file) => files.push(file),
                None => break,
            }
        }
        Ok(Self { base, files })
    }

    /// What the first of the files says that says something.
    fn text(&self, path: &[&str]) -> Result<Option<String>, String> {
        let found = self.files.iter().find_map(|it| find(&it.table, path));
        let Some(text) = found.and_then(Value::as_str) else { return Ok(None) };
        match text.contains("${") {
            true => Err(format!(
                "`{}` is `{text}`, and `{KEY}` knows no variables of the environment: write it out",
                path.join(".")
            )),
            false => Ok(Some(text.to_owned())),
        }
    }

    /// The directory of a store's history, as `[migrations]` says.
    fn directory(&self, store: &str) -> Result<PathBuf, String> {
        let setting = |path: &[&str]| {
            let own = self.text(&[&["migrations"], path].concat())?;
            own.map_or_else(
                || self.text(&[&["ext", "migrations"], path].concat()),
                |it| Ok(Some(it)),
            )
        };
        let directory = if let Some(directory) = setting(&[store, SCOPE, "directory"])? {
            PathBuf::from(directory)
        } else if let Some(directory) = setting(&[store, "directory"])? {
            Path::new(&directory).join(SCOPE)
        } else {
            let above = setting(&["directory"])?;
            Path::new(above.as_deref().unwrap_or("migrations")).join(store).join(SCOPE)
        };
        Ok(self.base.join(directory))
    }
}

impl File {
    /// The table of a file that is metaxy's; `None`: there is none.
    fn read(path: PathBuf, section: &[&str]) -> Result<Option<Self>, String> {
        let Ok(text) = fs::read_to_string(&path) else { return Ok(None) };
        if !section.is_empty() && !text.contains("metaxy") {
            return Ok(None);
        }
        let table: Table = text
            .parse()
            .map_err(|error: toml::de::Error| format!("{}: {error}", path.display()))?;
        let table = match section {
            [] => Some(table),
            section => find(&table, section).and_then(Value::as_table).cloned(),
        };
        Ok(table.map(|table| Self { path, table }))
    }
}

fn find<'a>(table: &'a Table, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    let value = table.get(*first)?;
    if rest.is_empty() { Some(value) } else { find(value.as_table()?, rest) }
}
