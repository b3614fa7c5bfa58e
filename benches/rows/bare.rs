//! What the same takes in psql: the physical limit.

use super::{Graph, Result};
use std::{
    fs::{self, File},
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

/// The columns of metaxy's own, but for the two that are NULL.
const COLUMNS: &str = "sample_id, metaxy_provenance, metaxy_provenance_by_field, metaxy_feature_version, \
     metaxy_project_version, metaxy_data_version, metaxy_data_version_by_field, metaxy_created_at, metaxy_updated_at";

/// A database of this name with the tables of the graph, empty; its URL.
pub fn fresh_database(server: &str, name: &str, graph: &Graph) -> Result<String> {
    psql(
        server,
        &[&format!("DROP DATABASE IF EXISTS {name}"), &format!("CREATE DATABASE {name}")],
    )?;
    let url = crate::schema::with_database(server, name);
    let tables = graph.roots.iter().map(|(it, _)| *it).chain(["leaf"]).map(|table| {
        format!(
            "CREATE TABLE {table} (sample_id text NOT NULL, metaxy_provenance text NOT NULL,
             metaxy_provenance_by_field jsonb NOT NULL, metaxy_feature_version text NOT NULL,
             metaxy_project_version text NOT NULL, metaxy_data_version text NOT NULL,
             metaxy_data_version_by_field jsonb NOT NULL, metaxy_created_at timestamptz NOT NULL,
             metaxy_updated_at timestamptz NOT NULL, metaxy_deleted_at timestamptz, metaxy_materialization_id text,
             PRIMARY KEY (metaxy_feature_version, sample_id, metaxy_updated_at));"
        )
    });
    psql(&url, &[&tables.collect::<String>()])?;
    Ok(url)
}

/// Seconds for the copy of all roots, and for what is new, stale and orphaned, first where all is new and then where some is stale.
pub fn measure(server: &str, work: &Path, graph: &Graph, rows: usize) -> Result<Vec<f64>> {
    let url = fresh_database(server, "bench_rows_bare", graph)?;
    let mut write = 0.0;
    for (root, fields) in graph.roots {
        // They are in a file before the clock starts: made while they are copied, on another core, they would cost nothing.
        let file = work.join("samples.txt");
        let source = format!("COPY ({}) TO STDOUT", samples(fields, rows, 1, ""));
        copy_out(&url, &source, &file)?;
        write += copy_in(&url, &file, &format!("COPY {root} ({COLUMNS}) FROM STDIN"))?;
        fs::remove_file(file)?;
    }
    psql(&url, &["ANALYZE"])?;
    // The planner is told as much of the queries as of ours.
    let planner = "SET enable_nestloop = off; SET jit = off; SET work_mem = '64MB'; ";
    let resolve = || {
        let sets = [graph.query(false), graph.query(true), graph.orphaned()];
        let sets = sets.map(|it| format!("COPY ({it}) TO STDOUT"));
        timed(&url, &[planner, &sets[0], &sets[1], &sets[2]])
    };
    let new = resolve()?;
    let make = format!(
        "INSERT INTO leaf ({COLUMNS}) SELECT sample_id, p, f, 'v', 'p', p, f, now(), now() FROM ("
    );
    psql(&url, &[&format!("{planner}{make}{}) AS made", graph.query(false))])?;
    let (root, fields) = graph.roots[0];
    let changed = samples(fields, rows, 10, "x");
    psql(&url, &[&format!("INSERT INTO {root} ({COLUMNS}) {changed}"), "ANALYZE"])?;
    let stale = resolve()?;
    Ok(vec![write, new, stale])
}

impl Graph {
    /// The samples of the leaf that are new, or stale, with their versions.
    fn query(&self, stale: bool) -> String {
        let values = self.roots.iter().flat_map(|(root, fields)| {
            fields.iter().map(move |it| {
                format!("'{root}.{it}|' || ({root}.metaxy_data_version_by_field ->> '{it}')")
            })
        });
        let values = values.collect::<Vec<_>>().join(" || '|' || ");
        let hash =
            |text: &str| format!("substr(encode(sha256(convert_to({text}, 'UTF8')), 'hex'), 1, 8)");
        let hashes = self
            .leaf
            .iter()
            .map(|it| format!("{} AS h_{it}", hash(&format!("'{it}|1|' || {values}"))));
        let hashes = hashes.collect::<Vec<_>>().join(", ");
        let names = self.leaf.iter().map(|it| format!("'{it}'")).collect::<Vec<_>>().join(", ");
        let columns = self.leaf.iter().map(|it| format!("h_{it}")).collect::<Vec<_>>();
        let (all, joined) = (columns.join(", "), columns.join(" || '|' || "));
        let from = self.joined("sample_id, metaxy_data_version_by_field");
        let leaf = latest("leaf", "sample_id, metaxy_provenance");
        // Only what is left is hashed, and has a map of its versions.
        let (present, picked, left) = match stale {
            false => (
                "",
                format!(
                    "WHERE NOT EXISTS (SELECT 1 FROM ({leaf}) AS leaf WHERE leaf.sample_id = root1.sample_id)"
                ),
                "",
            ),
            true => (
                ", leaf.metaxy_provenance AS present",
                format!("JOIN ({leaf}) AS leaf USING (sample_id)"),
                "WHERE present <> p",
            ),
        };
        format!(
            "SELECT sample_id, p, jsonb_object(ARRAY[{names}], ARRAY[{all}]) AS f FROM
             (SELECT hashed.*, {} AS p FROM
             (SELECT root1.sample_id, {hashes}{present} FROM {from} {picked} OFFSET 0) AS hashed OFFSET 0) AS made {left}",
            hash(&joined)
        )
    }

    /// The samples of the leaf that nothing is there for.
    fn orphaned(&self) -> String {
        format!(
            "SELECT leaf.* FROM ({}) AS leaf WHERE NOT EXISTS
             (SELECT 1 FROM (SELECT sample_id FROM {}) AS made WHERE leaf.sample_id = made.sample_id)",
            latest("leaf", COLUMNS),
            self.joined("sample_id")
        )
    }

    /// These columns of the latest rows of all roots.
    fn joined(&self, columns: &str) -> String {
        let mut from = format!("({}) AS root1", latest("root1", columns));
        for (root, _) in &self.roots[1..] {
            from += &format!(" JOIN ({}) AS {root} USING (sample_id)", latest(root, columns));
        }
        from
    }
}

/// These columns of the latest rows of a table.
fn latest(table: &str, columns: &str) -> String {
    format!(
        "SELECT * FROM (SELECT DISTINCT ON (sample_id) {columns}, metaxy_deleted_at FROM {table}
         WHERE metaxy_feature_version = 'v'
         ORDER BY sample_id, coalesce(metaxy_deleted_at, metaxy_updated_at) DESC) AS ranked
         WHERE metaxy_deleted_at IS NULL"
    )
}

/// Rows of a root, one of each `step`.
fn samples(fields: &[&str], rows: usize, step: usize, version: &str) -> String {
    let versions = fields.iter().map(|it| format!("'{it}', '{it}-' || i || '{version}'"));
    let versions = versions.collect::<Vec<_>>().join(", ");
    format!(
        "SELECT 'sample-' || lpad(i::text, 8, '0'), md5(i::text), v, 'v', 'p', md5(i::text), v, now(), now()
         FROM (SELECT i, jsonb_build_object({versions}) AS v FROM generate_series(0, {rows} - 1, {step}) AS i) AS samples"
    )
}

/// Runs statements, each in a transaction of its own.
pub fn psql(url: &str, statements: &[&str]) -> Result<()> {
    let mut command = command(url);
    command.args(statements.iter().flat_map(|it| ["-c", it])).stdout(Stdio::null());
    match command.status()?.success() {
        true => Ok(()),
        false => Err(format!("psql failed: {statements:?}").into()),
    }
}

/// The seconds of statements of one session, whose output nobody reads.
fn timed(url: &str, statements: &[&str]) -> Result<f64> {
    let start = Instant::now();
    psql(url, statements)?;
    Ok(start.elapsed().as_secs_f64())
}

/// Writes what a statement copies out to a file.
fn copy_out(url: &str, statement: &str, file: &Path) -> Result<()> {
    match command(url).args(["-c", statement]).stdout(File::create(file)?).status()?.success() {
        true => Ok(()),
        false => Err("psql did not copy the samples out".into()),
    }
}

/// The seconds of a statement that copies a file in.
fn copy_in(url: &str, file: &Path, statement: &str) -> Result<f64> {
    let start = Instant::now();
    match command(url).args(["-c", statement]).stdin(File::open(file)?).status()?.success() {
        true => Ok(start.elapsed().as_secs_f64()),
        false => Err("psql did not copy the samples in".into()),
    }
}

fn command(url: &str) -> Command {
    let mut command = Command::new("psql");
    command.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", url]);
    command.env("PGOPTIONS", "--client-min-messages=warning");
    command
}
