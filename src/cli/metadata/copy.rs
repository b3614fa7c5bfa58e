//! `metaxy metadata copy`.

use super::{failure, features, filter, progress};
use crate::{
    FeatureKey,
    cli::{Context, Failure, Outcome, print_json},
    init::store,
};
use metaxy_diesel::rows::{Filter, OpenStore, ReadOptions, Version};
use serde::Serialize;

/// Copies rows of features from one store into another
#[derive(Debug, clap::Args)]
#[command(after_help = format!("\
Rows are copied as they are, with their versions and times. Those that are there
already are left out: copy again for what is new. Of each feature all rows are
copied, or none. What was deleted since stays in the other store, unless
`--with-deleted` or `--with-sample-history` is given.
{}

Examples:
  metaxy metadata copy --from prod --to dev
  metaxy metadata copy video/raw --from prod --to dev --present-version", super::FILTERS))]
pub struct Copy {
    /// The features; by default all
    features: Vec<FeatureKey>,
    /// The store that has the rows
    #[arg(long, value_name = "STORE")]
    from: String,
    /// The store that gets them
    #[arg(long, value_name = "STORE")]
    to: String,
    /// A condition on the rows that are copied
    #[arg(long = "filter", value_name = "CONDITION", value_parser = filter)]
    filters: Vec<Filter>,
    /// Copy only rows of the features' present versions
    #[arg(long)]
    present_version: bool,
    /// Copy rows that were written over, too, and deletions
    #[arg(long)]
    with_sample_history: bool,
    /// Copy deletions: what was deleted there is deleted in the other store
    #[arg(long)]
    with_deleted: bool,
    /// Copy what the store has no table of from those that it falls back to
    #[arg(long)]
    with_fallback_stores: bool,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Entry {
    feature: String,
    copied: usize,
}

impl Copy {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let graph = context.linked_graph()?;
        let open = |name: &str| -> Result<OpenStore<'static>, Failure> {
            store(&context.config, Some(name))?.open(graph).map_err(failure)
        };
        let (mut from, mut to) = (open(&self.from)?, open(&self.to)?);
        let options = ReadOptions {
            filters: self.filters,
            version: if self.present_version { Version::Present } else { Version::Any },
            with_sample_history: self.with_sample_history,
            with_deleted: self.with_deleted,
            this_store_only: !self.with_fallback_stores,
        };
        let mut entries = Vec::new();
        for feature in features(graph, &self.features)? {
            let total = from.count_rows(&feature, &options).map_err(failure)?;
            progress::show(&mut to, Some(total), context.quiet);
            let copied = to.copy_rows(&mut from, &feature, &options).map_err(failure)?;
            if !self.json {
                let rows = if copied == 1 { "row" } else { "rows" };
                writeln!(context.out, "{feature}: {copied} {rows} copied")?;
            }
            entries.push(Entry { feature: feature.to_string(), copied });
        }
        if self.json {
            print_json(context.out, &entries)?;
        }
        Ok(Outcome::Fine)
    }
}
