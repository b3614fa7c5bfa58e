//! `metaxy metadata delete` and `metaxy metadata drop`.

use super::{failure, features, filter, open};
use crate::{
    FeatureKey,
    cli::{Context, Failure, Outcome, print_json},
};
use metaxy_diesel::rows::{DeleteOptions, Filter, ReadOptions, Version};
use serde::Serialize;

/// Deletes samples of features: marks them as deleted, or removes their rows
#[derive(Debug, clap::Args)]
#[command(after_help = format!("\
Without `--yes` it says how many rows that would be, and ends with exit code 1.
{}

Examples:
  metaxy metadata delete video/raw --filter \"video_id = 'v1'\" --yes
  metaxy -n prod metadata delete video/crop --filter \"height < 480\" --hard", super::FILTERS))]
pub struct Delete {
    /// The features
    #[arg(required = true)]
    features: Vec<FeatureKey>,
    /// A condition on the rows that are deleted
    #[arg(long = "filter", value_name = "CONDITION", value_parser = filter, required_unless_present = "all")]
    filters: Vec<Filter>,
    /// Delete all samples
    #[arg(long, conflicts_with = "filters")]
    all: bool,
    /// Remove all rows of the samples; they cannot be brought back
    #[arg(long)]
    hard: bool,
    /// Delete rows of other versions of the feature, too
    #[arg(long)]
    all_versions: bool,
    /// Do it
    #[arg(long)]
    yes: bool,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

/// Removes all rows of features, of all their versions
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without `--yes` it says how many rows that would be, and ends with exit code 1.
The tables stay.

Examples:
  metaxy metadata drop video/crop --yes
  metaxy -n dev metadata drop video/crop --json")]
pub struct Drop {
    /// The features
    #[arg(required = true)]
    features: Vec<FeatureKey>,
    /// Do it
    #[arg(long)]
    yes: bool,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

impl Delete {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let Self { features, filters, hard, all_versions, yes, json, all: _ } = self;
        let options = DeleteOptions { filters, hard, all_versions };
        delete(context, &features, Asked { yes, json }, &options)
    }
}

impl Drop {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let all = DeleteOptions { filters: Vec::new(), hard: true, all_versions: true };
        delete(context, &self.features, Asked { yes: self.yes, json: self.json }, &all)
    }
}

/// Whether it is to be done, and how it is said.
#[derive(Clone, Copy)]
struct Asked {
    yes: bool,
    json: bool,
}

#[derive(Serialize)]
struct Entry {
    feature: String,
    rows: u64,
    deleted: bool,
}

/// Deletes rows, or says how many it would be.
fn delete(
    context: &mut Context<'_>,
    named: &[FeatureKey],
    Asked { yes, json }: Asked,
    options: &DeleteOptions,
) -> Result<Outcome, Failure> {
    let mut store = open(context)?;
    let counted = ReadOptions {
        filters: options.filters.clone(),
        version: if options.all_versions { Version::Any } else { Version::Present },
        with_sample_history: options.hard,
        with_deleted: options.hard,
        this_store_only: true,
    };
    let mut entries = Vec::new();
    for feature in features(store.graph(), named)? {
        let (count, words) = match yes {
            true => (store.delete_rows(&feature, options).map_err(failure)? as u64, "deleted"),
            false => (store.count_rows(&feature, &counted).map_err(failure)?, "would be deleted"),
        };
        let rows = if count == 1 { "row" } else { "rows" };
        if !json {
            writeln!(context.out, "{feature}: {count} {rows} {words}")?;
        }
        entries.push(Entry { feature: feature.to_string(), rows: count, deleted: yes });
    }
    if json {
        print_json(context.out, &entries)?;
    } else if !yes {
        writeln!(context.out, "Nothing is deleted without `--yes`.")?;
    }
    Ok(if yes { Outcome::Fine } else { Outcome::Found })
}
