//! `metaxy schema inspect`.

use super::{SOURCES, options::Options};
use crate::cli::{Context, Failure, Outcome, print_json};
use metaxy_core::config::Secret;
use metaxy_diesel::source::read;

/// Prints a schema
#[derive(Debug, clap::Args)]
#[command(after_help = SOURCES, after_long_help = format!("{SOURCES}\n\n{EXAMPLES}"))]
pub struct Inspect {
    /// What to read
    #[arg(value_name = "SOURCE")]
    source: Secret,
    #[command(flatten)]
    options: Options,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Format::Toml)]
    format: Format,
}

const EXAMPLES: &str = "\
Examples:
  metaxy schema inspect features
  metaxy -n prod schema inspect database
  metaxy schema inspect database:videos.db --format json
  metaxy schema inspect migrations:migrations --backend sqlite";

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    Toml,
    Json,
}

impl Inspect {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let sources = self.options.sources(context, [self.source])?;
        let [source] = &sources.sources;
        let schema = sources.with(|options| read(source, options))?;
        match self.format {
            Format::Json => print_json(context.out, &schema)?,
            Format::Toml => {
                let text = toml::to_string(&schema).expect("a schema is plain tables and strings");
                write!(context.out, "{text}")?;
            }
        }
        Ok(Outcome::Fine)
    }
}
