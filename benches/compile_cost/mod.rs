//! What `#[derive(Feature)]` costs to compile: `cargo xtask compile-cost`.
//!
//! Two crates with the same 100 tables of 15 columns and the ten system columns, each table joinable with the one before. One
//! writes `diesel::table!`, `allow_tables_to_appear_in_same_query!` and the structs with Diesel's derives by hand, the
//! other derives `Feature` in place of the first two. Both are checked in turn, from scratch, dependencies apart, and the
//! time is the processor's, which other work on the machine disturbs least.

use std::{
    env,
    error::Error,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

const FEATURES: usize = 100;
const ROUNDS: usize = 3;

/// How much more the derive may cost.
const LIMIT: f64 = 1.3;

/// The types of the 15 columns, in Rust and in Diesel.
const TYPES: [(&str, &str); 5] = [
    ("String", "Text"),
    ("i64", "BigInt"),
    ("f64", "Double"),
    ("Option<String>", "Nullable<Text>"),
    ("bool", "Bool"),
];

/// Measures, prints both medians and their ratio, and fails where the ratio is over the limit.
pub fn run() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask is in the workspace")?;
    let workspace = write_workspace(root)?;
    let crates = ["by_hand", "derived"];
    for name in crates {
        check(&workspace, name)?;
    }
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (name, times) in crates.iter().zip(&mut times) {
            times.push(check(&workspace, name)?);
        }
    }
    let [by_hand, derived] = times.map(median);
    let ratio = derived.as_secs_f64() / by_hand.as_secs_f64();
    println!(
        "{FEATURES} tables of 15 + 10 columns, `cargo check`, processor time, median of {ROUNDS}:"
    );
    println!("  by hand  {:6.2} s", by_hand.as_secs_f64());
    println!("  derived  {:6.2} s", derived.as_secs_f64());
    println!("  ratio    {ratio:6.2}   (limit {LIMIT})");
    match ratio <= LIMIT {
        true => Ok(()),
        false => {
            Err(format!("the derive costs {ratio:.2} times what hand-written tables cost").into())
        }
    }
}

/// Checks one crate from scratch, and only that crate.
fn check(workspace: &Path, name: &str) -> Result<Duration> {
    let source = workspace.join(name).join("src/lib.rs");
    // Cargo goes by the time of the file.
    fs::write(&source, fs::read(&source)?)?;
    let start = processor_time()?;
    let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["check", "--quiet", "--package", name])
        .env("CARGO_INCREMENTAL", "0")
        .current_dir(workspace)
        .status()?;
    match status.success() {
        true => Ok(processor_time()? - start),
        false => Err(format!("`cargo check` of `{name}` failed").into()),
    }
}

/// The processor time of all processes that this one started and saw end.
///
/// Source: proc_pid_stat(5), `cutime` and `cstime`, in hundredths of a second.
pub fn processor_time() -> Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").map_err(|error| {
        format!("this is measured on Linux only, where there is /proc: {error}")
    })?;
    // Behind the program's name, which may hold anything, `cutime` is the 14th field.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(13).take(2).map(str::parse::<u64>).sum::<Result<_, _>>()?;
    Ok(Duration::from_millis(ticks * 10))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Writes both crates under `target/`, with the versions that the project is locked to.
fn write_workspace(root: &Path) -> Result<PathBuf> {
    let workspace = root.join("target/compile-cost");
    fs::create_dir_all(&workspace)?;
    let manifest = "[workspace]\nmembers = [\"by_hand\", \"derived\"]\nresolver = \"3\"\n";
    fs::write(workspace.join("Cargo.toml"), manifest)?;
    fs::copy(root.join("Cargo.lock"), workspace.join("Cargo.lock"))?;
    for (name, source) in [("by_hand", by_hand()?), ("derived", derived()?)] {
        let package = workspace.join(name);
        fs::create_dir_all(package.join("src"))?;
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
             diesel = {{ version = \"2.3\", default-features = false, features = [\"32-column-tables\"] }}\n\
             metaxy = {{ path = {root:?}, default-features = false }}\n"
        );
        fs::write(package.join("Cargo.toml"), manifest)?;
        fs::write(package.join("src/lib.rs"), source)?;
    }
    Ok(workspace)
}

fn columns() -> impl Iterator<Item = (usize, (&'static str, &'static str))> {
    (0..15).map(|at| (at, TYPES[at % TYPES.len()]))
}

fn by_hand() -> Result<String> {
    let mut source = "#![allow(non_snake_case)]\nuse diesel::prelude::*;\n".to_owned();
    for at in 0..FEATURES {
        writeln!(
            source,
            "diesel::table! {{\n    use diesel::sql_types::*;\n    use metaxy::sql_types::{{FieldVersionsMap, UtcTimestamp}};\n    \
             video__f{at} (metaxy_feature_version, c0, metaxy_updated_at) {{"
        )?;
        for (column, (_, sql)) in columns() {
            writeln!(source, "        c{column} -> {sql},")?;
        }
        source.push_str(SYSTEM_COLUMNS);
        if at > 0 {
            let before = at - 1;
            writeln!(
                source,
                "diesel::allow_tables_to_appear_in_same_query!(video__f{before}, video__f{at});"
            )?;
        }
        writeln!(
            source,
            "#[derive(Queryable, Selectable, Insertable)]\n#[diesel(table_name = video__f{at})]"
        )?;
        write_struct(&mut source, at)?;
    }
    Ok(source)
}

const SYSTEM_COLUMNS: &str = "        metaxy_provenance -> Text,
        metaxy_provenance_by_field -> FieldVersionsMap,
        metaxy_feature_version -> Text,
        metaxy_project_version -> Text,
        metaxy_data_version -> Text,
        metaxy_data_version_by_field -> FieldVersionsMap,
        metaxy_created_at -> UtcTimestamp,
        metaxy_updated_at -> UtcTimestamp,
        metaxy_deleted_at -> Nullable<UtcTimestamp>,
        metaxy_materialization_id -> Nullable<Text>,
    }
}
";

fn derived() -> Result<String> {
    let mut source = "use diesel::prelude::*;\nuse metaxy::Feature;\n".to_owned();
    for at in 0..FEATURES {
        let deps = match at {
            0 => String::new(),
            _ => format!(", deps(F{})", at - 1),
        };
        writeln!(
            source,
            "/// A feature.\n#[derive(Feature, Queryable, Selectable, Insertable)]\n#[diesel(table_name = video__f{at})]\n\
             #[metaxy(key = \"video/f{at}\", id_columns(c0){deps}, fields(audio(code_version = \"1\"), frames))]"
        )?;
        write_struct(&mut source, at)?;
    }
    Ok(source)
}

fn write_struct(source: &mut String, at: usize) -> Result<()> {
    writeln!(source, "pub struct F{at} {{")?;
    for (column, (rust, _)) in columns() {
        writeln!(source, "    pub c{column}: {rust},")?;
    }
    source.push_str("}\n");
    Ok(())
}
