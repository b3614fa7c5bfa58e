//! `metaxy graph snapshot`.

use crate::cli::{Context, Failure};

/// Prints the features of a project, for others to depend on
#[derive(Debug, clap::Args)]
#[command(after_help = "\
It is the JSON of `to_snapshot` in Rust and Python. Another crate names it with
`metaxy::external_features!(include_str!(\"video.json\"))`, and
`metaxy graph versions --snapshot` reads it.

Example:
  metaxy graph snapshot > video.json")]
pub struct Snapshot {
    /// The project; by default that of metaxy.toml, or the only one that is linked
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
}

impl Snapshot {
    pub fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let graph = context.linked_graph()?;
        let project = self.project.as_deref().or(context.config.project.as_deref());
        let snapshot = graph.to_snapshot(project).map_err(Failure::usage)?;
        Ok(writeln!(context.out, "{snapshot}")?)
    }
}
