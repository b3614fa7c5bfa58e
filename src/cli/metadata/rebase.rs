//! `metaxy metadata rebase`.

use super::{failure, features, open};
use crate::{
    FeatureKey,
    cli::{Context, Failure, Outcome, print_json},
};
use metaxy_diesel::rows::{ReadOptions, Version};
use serde::Serialize;

/// Takes samples of another version of features over into the present one
#[derive(Debug, clap::Args)]
#[command(after_help = "\
For a change of the code that is known to make nothing else: samples get the
provenance that they would have now, as if the present version had made them.
Without `--yes` it says how many samples the other version has, and ends with
exit code 1.

Examples:
  metaxy metadata rebase video/crop --from 4af2b1c0
  metaxy metadata rebase video/crop --from 4af2b1c0 --yes")]
pub struct Rebase {
    /// The features
    #[arg(required = true)]
    features: Vec<FeatureKey>,
    /// The version of the feature that has the samples
    #[arg(long, value_name = "VERSION")]
    from: String,
    /// Do it
    #[arg(long)]
    yes: bool,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Entry {
    feature: String,
    /// Of the other version.
    samples: u64,
    /// `None`: it was not asked for.
    rebased: Option<usize>,
}

impl Rebase {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let mut store = open(context)?;
        let version = Version::Of(self.from.clone());
        let options = ReadOptions { version, ..ReadOptions::default() };
        let mut entries = Vec::new();
        for feature in features(store.graph(), &self.features)? {
            let samples = store.count_rows(&feature, &options).map_err(failure)?;
            let rebased = self.yes.then(|| store.rebase_rows(&feature, &self.from));
            let rebased = rebased.transpose().map_err(failure)?;
            if !self.json {
                let samples_of = format!("{samples} samples of version {}", self.from);
                match rebased {
                    Some(count) => {
                        writeln!(context.out, "{feature}: {samples_of}, {count} rebased")?
                    }
                    None => writeln!(context.out, "{feature}: {samples_of}")?,
                }
            }
            entries.push(Entry { feature: feature.to_string(), samples, rebased });
        }
        if self.json {
            print_json(context.out, &entries)?;
        } else if !self.yes {
            writeln!(context.out, "Nothing is rebased without `--yes`.")?;
        }
        Ok(if self.yes { Outcome::Fine } else { Outcome::Found })
    }
}
