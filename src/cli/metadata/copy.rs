//! `metaxy metadata copy`.

use super::{failure, features, filter};
use crate::{
    FeatureKey,
    cli::{Context, Failure, Outcome, print_json},
    init::store,
};
use metaxy_diesel::rows::{Filter, OpenStore, ReadOptions, Version};
use serde::Serialize;
use std::io::{IsTerminal, Write, stderr};

/// Copies rows of features from one store into another
#[derive(Debug, clap::Args)]
#[command(after_help = format!("\
Rows are copied as they are, with their versions and times. Those that are there already are left
out: copy again for what is new. Of each feature all rows are copied, or none. Deletions are not
copied: what was deleted since stays in the other store.
{}

Examples:
  metaxy metadata copy --from prod --to dev
  metaxy metadata copy video/raw --from prod --to dev --filter \"video_id = 'v1'\" --present-version", super::FILTERS))]
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
    /// Copy rows that were written over, too, also those of samples that were deleted since
    #[arg(long)]
    with_sample_history: bool,
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
            ..ReadOptions::default()
        };
        let mut entries = Vec::new();
        for feature in features(graph, &self.features)? {
            let progress = Progress::new(&feature);
            let copied = to.copy_rows(&mut from, &feature, &options, |read| progress.show(read));
            progress.end();
            let copied = copied.map_err(failure)?;
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

/// How far a copy is, on a terminal.
struct Progress<'a> {
    feature: &'a FeatureKey,
    shown: bool,
}

impl<'a> Progress<'a> {
    fn new(feature: &'a FeatureKey) -> Self {
        Self { feature, shown: stderr().is_terminal() }
    }

    fn show(&self, read: usize) {
        if self.shown {
            eprint!("\r{}: {read} rows read", self.feature);
            // It is of no matter where it cannot be shown.
            _ = stderr().flush();
        }
    }

    /// Takes the line away.
    fn end(&self) {
        if self.shown {
            eprint!("\r\x1b[K");
        }
    }
}
