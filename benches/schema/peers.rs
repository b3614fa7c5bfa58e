//! What others have for the same.

use super::{Result, Shape, Side, measure::Call};

use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

pub const DIESEL: &str = "diesel migration generate";
pub const ALEMBIC: &str = "alembic revision --autogenerate";

const DIESEL_VERSION: &str = "2.3.14";

/// The peers that are installed.
#[derive(Default)]
pub struct Peers {
    diesel: Option<PathBuf>,
    /// A Python that has Alembic.
    python: Option<PathBuf>,
}

impl Peers {
    /// Those in `PATH` or installed before, and all where `install` says so.
    pub fn find(work: &Path, install: bool) -> Result<Self> {
        let (diesel, alembic) = (work.join("diesel"), work.join("alembic"));
        if install {
            let (root, version) =
                (diesel.display().to_string(), format!("diesel_cli@{DIESEL_VERSION}"));
            let features = ["--no-default-features", "--features", "sqlite-bundled,postgres"];
            must("cargo", &[&["install", &version, "--root", &root], &features[..]].concat())?;
            let python = alembic.join("bin/python").display().to_string();
            must("python3", &["-m", "venv", &alembic.display().to_string()])?;
            must(
                &python,
                &["-m", "pip", "install", "--quiet", "alembic", "psycopg2-binary", "pymysql"],
            )?;
        }
        let path = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths(
            [diesel.join("bin"), alembic.join("bin")].into_iter().chain(env::split_paths(&path)),
        )?;
        let peers = Self {
            diesel: find(&path, "diesel", &["--version"]),
            python: find(&path, "python", &["-c", "import alembic"]),
        };
        for (name, found) in [("diesel", &peers.diesel), ("python with alembic", &peers.python)] {
            if found.is_none() {
                println!("{name} is not in PATH: it is left out; --install installs it");
            }
        }
        Ok(peers)
    }

    /// The calls for a shape, with their names. Diesel's has no MariaDB where it is built without its client.
    pub fn calls(
        &self,
        kind: &str,
        shape: Shape,
        sides: &[Side; 2],
    ) -> Result<Vec<(&'static str, [Call; 2])>> {
        let mut calls = Vec::new();
        if let Some(diesel) = self.diesel.as_ref().filter(|it| speaks(it, kind)) {
            let [empty, full] = sides;
            let schema = Command::new(diesel)
                .args(["print-schema", "--database-url", &full.url])
                .output()?;
            if !schema.status.success() {
                return Err(String::from_utf8_lossy(&schema.stderr).into());
            }
            let call = |side: &Side| -> Result<Call> {
                fs::write(side.directory.join("schema.rs"), &schema.stdout)?;
                let config = "[print_schema]\nfile = \"schema.rs\"\n";
                fs::write(side.directory.join("diesel.toml"), config)?;
                let migrations = side.directory.join("diesel");
                let mut command = Command::new(diesel);
                command.args(["migration", "generate", "bench", "--diff-schema"]);
                command.arg("--migration-dir").arg(&migrations).args(["--database-url", &side.url]);
                command.current_dir(&side.directory);
                let check = if side.full { diesel_wrote_nothing } else { diesel_wrote_tables };
                Ok(Call { command, fresh: Some(migrations), check })
            };
            calls.push((DIESEL, [call(empty)?, call(full)?]));
        }
        if let Some(python) = &self.python {
            let call = |side: &Side| -> Result<Call> {
                let scripts = side.directory.join("alembic");
                let (database, fresh) = ((kind, side.url.as_str()), Some(scripts.join("versions")));
                let check = if side.full { alembic_found_nothing } else { alembic_found_tables };
                alembic_call(python, database, shape, &scripts, REVISION, fresh, check)
            };
            calls.push((ALEMBIC, [call(&sides[0])?, call(&sides[1])?]));
        }
        Ok(calls)
    }
}

/// What Alembic is called with to write what differs.
pub const REVISION: &[&str] = &["revision", "--autogenerate", "-m", "bench"];

/// A call of Alembic on a database of some kind, with its scripts in a directory.
pub fn alembic_call(
    python: &Path,
    (kind, url): (&str, &str),
    shape: Shape,
    scripts: &Path,
    args: &[&str],
    fresh: Option<PathBuf>,
    check: fn(&Output, Option<&Path>) -> bool,
) -> Result<Call> {
    fs::create_dir_all(scripts)?;
    let files = [
        (
            "alembic.ini",
            "[alembic]\nscript_location = %(here)s\nversion_locations = %(here)s/versions\n",
        ),
        ("script.py.mako", SCRIPT),
        ("env.py", ENVIRONMENT),
    ];
    for (name, text) in files {
        fs::write(scripts.join(name), text)?;
    }
    let mut command = Command::new(python);
    command.args(["-m", "alembic"]).args(args).current_dir(scripts);
    command
        .env("BENCH_URL", python_url(kind, url))
        .env("BENCH_TABLES", shape.tables.to_string())
        .env("BENCH_CHAIN", u8::from(shape.chain).to_string());
    Ok(Call { command, fresh, check })
}

/// A Python that has Alembic and duckdb-engine: in `PATH`, or installed before, or where `install` says so now.
pub fn duckdb_python(work: &Path, install: bool) -> Result<PathBuf> {
    let place = work.join("alembic");
    if install {
        let python = place.join("bin/python").display().to_string();
        must("python3", &["-m", "venv", &place.display().to_string()])?;
        // It reads no tables with newer versions of both.
        let packages = ["duckdb-engine", "duckdb<1.6", "alembic<1.17", "sqlalchemy<2.0.40"];
        must(&python, &[&["-m", "pip", "install", "--quiet"], &packages[..]].concat())?;
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths([place.join("bin")].into_iter().chain(env::split_paths(&path)))?;
    find(&path, "python", &["-c", "import alembic, duckdb_engine"]).ok_or_else(|| {
        "no python in PATH has alembic and duckdb-engine: --install installs one".into()
    })
}

fn must(program: &str, args: &[&str]) -> Result<()> {
    match Command::new(program).args(args).status()?.success() {
        true => Ok(()),
        false => Err(format!("`{program} {}` failed", args.join(" ")).into()),
    }
}

/// The first program of that name that does as it should.
fn find(path: &OsStr, name: &str, args: &[&str]) -> Option<PathBuf> {
    env::split_paths(path).map(|it| it.join(name)).find(|program| {
        let mut command = Command::new(program);
        command.args(args).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|it| it.success())
    })
}

/// Whether this Diesel was built with the client of that database.
fn speaks(diesel: &Path, kind: &str) -> bool {
    let output = Command::new(diesel).arg("--version").output();
    let kind = if kind == "mariadb" { "mysql" } else { kind };
    output.is_ok_and(|it| String::from_utf8_lossy(&it.stdout).contains(kind))
}

fn diesel_wrote(directory: Option<&Path>) -> Option<String> {
    // Beside the migration there is a lock.
    let mut entries =
        fs::read_dir(directory?).ok()?.filter_map(|it| Some(it.ok()?.path().join("up.sql")));
    fs::read_to_string(entries.find(|it| it.exists())?).ok()
}

fn diesel_wrote_nothing(_: &Output, directory: Option<&Path>) -> bool {
    diesel_wrote(directory).is_some_and(|it| !it.contains("TABLE"))
}

fn diesel_wrote_tables(_: &Output, directory: Option<&Path>) -> bool {
    diesel_wrote(directory).is_some_and(|it| it.contains("CREATE TABLE"))
}

pub fn alembic_found_nothing(output: &Output, _: Option<&Path>) -> bool {
    output.status.success() && !String::from_utf8_lossy(&output.stderr).contains("Detected")
}

pub fn alembic_found_tables(output: &Output, _: Option<&Path>) -> bool {
    output.status.success()
        && String::from_utf8_lossy(&output.stderr).contains("Detected added table")
}

/// The URL as SQLAlchemy takes it.
fn python_url(kind: &str, url: &str) -> String {
    match kind {
        "sqlite" | "duckdb" => format!("{kind}:///{url}"),
        // A host that is a directory, with its slashes escaped.
        "postgres" => match url.split_once("@%2F") {
            Some((user, rest)) => {
                let (host, database) = rest.split_once('/').unwrap_or((rest, ""));
                let user = user.replacen("postgres:", "postgresql+psycopg2:", 1);
                format!("{user}@/{database}?host=/{}", host.replace("%2F", "/"))
            }
            None => url.replacen("postgres:", "postgresql+psycopg2:", 1),
        },
        _ => url.replacen("mysql:", "mysql+pymysql:", 1),
    }
}

/// `script.py.mako`: what Alembic's own template writes.
const SCRIPT: &str = r#""""${message}"""
from alembic import op
import sqlalchemy as sa
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade():
    ${upgrades if upgrades else "pass"}


def downgrade():
    ${downgrades if downgrades else "pass"}
"#;

/// `env.py`: the same tables as metaxy makes, made in a loop, which is less work than that many classes.
const ENVIRONMENT: &str = r#"
import logging, os
import sqlalchemy as sa
from alembic import context
from sqlalchemy.dialects import mysql, postgresql

if os.environ["BENCH_URL"].startswith("duckdb:"):
    from alembic.ddl.postgresql import PostgresqlImpl

    class DuckDbImpl(PostgresqlImpl):
        __dialect__ = "duckdb"

logging.basicConfig()
logging.getLogger("alembic").setLevel(logging.INFO)
engine = sa.create_engine(os.environ["BENCH_URL"])
chain = os.environ["BENCH_CHAIN"] == "1"
kind = engine.dialect.name
text = {"mysql": mysql.LONGTEXT()}.get(kind, sa.Text())
key = {"mysql": sa.String(255)}.get(kind, sa.Text())
json = {"mysql": mysql.LONGTEXT(), "postgresql": postgresql.JSONB(), "duckdb": sa.JSON()}.get(kind, sa.Text())
zoned = sa.DateTime(timezone=True)
time = {"mysql": mysql.DATETIME(fsp=6), "postgresql": zoned, "duckdb": zoned}.get(kind, sa.Text())
metadata = sa.MetaData()

def column(name, type, nullable=False):
    return sa.Column(name, type, nullable=nullable)

for at in range(int(os.environ["BENCH_TABLES"])):
    name = f"t{at:04}"
    parts = [
        column("id", key),
        column("parent", key if chain and at > 0 else text, nullable=True),
        column("size", sa.BigInteger()),
        column("duration", sa.Double()),
        column("checked", sa.Boolean()),
        column("metaxy_provenance", text),
        column("metaxy_provenance_by_field", json),
        column("metaxy_feature_version", key),
        column("metaxy_project_version", text),
        column("metaxy_data_version", text),
        column("metaxy_data_version_by_field", json),
        column("metaxy_created_at", time),
        column("metaxy_updated_at", time),
        column("metaxy_deleted_at", time, nullable=True),
        column("metaxy_materialization_id", text, nullable=True),
        sa.PrimaryKeyConstraint("metaxy_feature_version", "id", "metaxy_updated_at", name=f"{name}_pkey"),
    ]
    if chain:
        parts.append(sa.Index(f"{name}_id_key", "id", unique=True))
    if chain and at > 0:
        parts.append(sa.ForeignKeyConstraint(["parent"], [f"t{at - 1:04}.id"], name=f"{name}_parent_fkey"))
        if kind == "mysql":
            parts.append(sa.Index(f"{name}_parent_fkey", "parent"))
    sa.Table(name, metadata, *parts)

def ours(name, kind, parents):
    return kind != "table" or not name.startswith("__")

with engine.connect() as connection:
    # A name that Diesel passes over: it would drop the table.
    # duckdb-engine reads other types than it writes.
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_name=ours,
        version_table="__alembic_version",
        compare_type=kind != "duckdb",
    )
    with context.begin_transaction():
        context.run_migrations()
"#;
