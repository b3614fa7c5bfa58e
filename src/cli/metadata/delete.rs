//! `metaxy metadata delete` and `metaxy metadata drop`.

use super::{failure, features, filter, open};
use crate::{
    FeatureKey,
    cli::{Context, Failure, Outcome},
};
use metaxy_diesel::rows::{DeleteOptions, Filter, ReadOptions, Version};

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
}

/// Removes all rows of features, of all their versions
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without `--yes` it says how many rows that would be, and ends with exit code 1. The tables stay.

Examples:
  metaxy metadata drop video/crop --yes")]
pub struct Drop {
    /// The features
    #[arg(required = true)]
    features: Vec<FeatureKey>,
    /// Do it
    #[arg(long)]
    yes: bool,
}

impl Delete {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let Self { filters, hard, all_versions, .. } = self;
        delete(context, &self.features, self.yes, &DeleteOptions { filters, hard, all_versions })
    }
}

impl Drop {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let all = DeleteOptions { filters: Vec::new(), hard: true, all_versions: true };
        delete(context, &self.features, self.yes, &all)
    }
}

/// Deletes rows, or says how many it would be.
fn delete(
    context: &mut Context<'_>,
    named: &[FeatureKey],
    yes: bool,
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
    for feature in features(store.graph(), named)? {
        let (count, words) = match yes {
            true => (store.delete_rows(&feature, options).map_err(failure)? as u64, "deleted"),
            false => (store.count_rows(&feature, &counted).map_err(failure)?, "would be deleted"),
        };
        let rows = if count == 1 { "row" } else { "rows" };
        writeln!(context.out, "{feature}: {count} {rows} {words}")?;
    }
    match yes {
        true => Ok(Outcome::Fine),
        false => {
            writeln!(context.out, "Nothing is deleted without `--yes`.")?;
            Ok(Outcome::Found)
        }
    }
}
