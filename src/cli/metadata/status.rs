//! `metaxy metadata status`.

use super::{failure, features, filter, open};
use crate::{
    FeatureKey,
    cli::{Context, Failure, Outcome, print_json, progress::Progress},
};
use metaxy_diesel::rows::{Filter, OpenStore, ReadOptions, ResolveOptions, RowsError};
use serde::Serialize;

/// Says how many rows features have, and what is new, stale or orphaned
#[derive(Debug, clap::Args)]
#[command(after_help = format!("\
Of a feature without dependencies only the rows are counted: what is new, only
its pipeline knows.
{}

Examples:
  metaxy metadata status
  metaxy -n prod metadata status --filter \"video_id = 'v1'\" --assert-in-sync", super::FILTERS))]
pub struct Status {
    /// The features; by default all
    features: Vec<FeatureKey>,
    /// A condition on the rows of the features and of all that is upstream
    #[arg(long = "filter", value_name = "CONDITION", value_parser = filter)]
    filters: Vec<Filter>,
    /// A condition on rows that are stale whatever they were made from
    #[arg(long = "stale-where", value_name = "CONDITION", value_parser = filter)]
    stale_where: Vec<Filter>,
    /// Look at no store that this one falls back to
    #[arg(long)]
    no_fallback_stores: bool,
    /// End with exit code 1 where anything is new, stale or orphaned
    #[arg(long)]
    assert_in_sync: bool,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Entry {
    feature: String,
    rows: u64,
    /// `None`: the feature has no dependencies.
    new: Option<u64>,
    stale: Option<u64>,
    orphaned: Option<u64>,
}

impl Status {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let mut store = open(context)?;
        let features = features(store.graph(), &self.features)?;
        let total = Some(features.len() as u64);
        let mut progress = Progress::new("status", "features", total, context.quiet);
        let mut entries = Vec::new();
        for feature in &features {
            entries.push(self.entry(feature, &mut store).map_err(failure)?);
            progress.at(entries.len() as u64);
        }
        drop(progress);
        if self.json {
            print_json(context.out, &entries)?;
        } else {
            let width = entries.iter().map(|it| it.feature.len()).max().unwrap_or_default();
            for entry in &entries {
                writeln!(context.out, "{:width$}  {}", entry.feature, entry.words())?;
            }
        }
        let in_sync = entries.iter().all(Entry::is_in_sync);
        Ok(if self.assert_in_sync && !in_sync { Outcome::Found } else { Outcome::Fine })
    }

    fn entry(
        &self,
        feature: &FeatureKey,
        store: &mut OpenStore<'static>,
    ) -> Result<Entry, RowsError> {
        let this_store_only = self.no_fallback_stores;
        let filters = self.filters.clone();
        let read = ReadOptions { filters, this_store_only, ..ReadOptions::default() };
        let mut entry = Entry {
            feature: feature.to_string(),
            rows: store.count_rows(feature, &read)?,
            new: None,
            stale: None,
            orphaned: None,
        };
        if store.graph().get(feature).is_some_and(|it| it.spec.deps.is_empty()) {
            return Ok(entry);
        }
        let options = ResolveOptions {
            global_filters: self.filters.clone(),
            stale_where: self.stale_where.clone(),
            this_store_only,
            ..ResolveOptions::default()
        };
        let counts = store.resolve_rows(feature, options)?.count(store)?;
        entry.new = Some(counts.new);
        entry.stale = Some(counts.stale);
        entry.orphaned = Some(counts.orphaned);
        Ok(entry)
    }
}

impl Entry {
    fn is_in_sync(&self) -> bool {
        [self.new, self.stale, self.orphaned].into_iter().flatten().all(|it| it == 0)
    }

    /// `12 rows, 3 new, 1 stale`
    fn words(&self) -> String {
        let rows = if self.rows == 1 { "1 row".to_owned() } else { format!("{} rows", self.rows) };
        let counts = [(self.new, "new"), (self.stale, "stale"), (self.orphaned, "orphaned")];
        let counts = counts.into_iter().filter_map(|(count, word)| Some((count?, word)));
        let counts = counts.filter(|(count, _)| *count > 0);
        let counts = counts.map(|(count, word)| format!(", {count} {word}"));
        rows + &counts.collect::<String>()
    }
}
