//! `metaxy schema render`.

use super::{
    SOURCES,
    options::Options,
    picture::{self, Shown},
};
use crate::cli::{
    Context, Failure, Outcome,
    picture::{Canvas, Format},
};
use metaxy_core::config::Secret;
use metaxy_diesel::source::read;

/// Draws the tables of a schema, and where they refer to each other; or what makes one schema another
#[derive(Debug, clap::Args)]
#[command(after_help = SOURCES, after_long_help = format!("{SOURCES}\n\n{EXAMPLES}"))]
pub struct Render {
    /// What to draw
    #[arg(value_name = "SOURCE")]
    source: Secret,
    /// What it was before: new, changed and dropped columns stand out
    #[arg(long, value_name = "SOURCE")]
    from: Option<Secret>,
    #[command(flatten)]
    options: Options,
    /// How to draw it; SVG where neither this nor the file's ending says it
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Draw the columns that metaxy adds to tables of features, too
    #[arg(long)]
    system_columns: bool,
    #[command(flatten)]
    canvas: Canvas,
}

const EXAMPLES: &str = "\
Examples:
  metaxy schema render features -o tables.svg
  metaxy -n prod schema render database -o prod.html
  metaxy schema render features --from database -o changes.svg";

impl Render {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let format = self.canvas.format(self.format)?.unwrap_or(Format::Svg);
        let shown = Shown { system_columns: self.system_columns };
        let picture = match self.from {
            None => {
                let sources = self.options.sources(context, [self.source])?;
                let [source] = &sources.sources;
                let dialect = sources.backend().dialect();
                let schema = sources.with(|options| read(source, options))?;
                picture::of(&dialect.normalise(&schema), dialect, shown, &source.to_string())
            }
            Some(from) => {
                let sources = self.options.sources(context, [from, self.source])?;
                let [from, to] = &sources.sources;
                let dialect = sources.backend().dialect();
                let (before, after) = sources.with(|options| -> Result<_, Failure> {
                    Ok((read(from, options)?, read(to, options)?))
                })?;
                let [before, after] = [before, after].map(|it| dialect.normalise(&it));
                let title = format!("from {from} to {to}");
                picture::of_difference(&before, &after, dialect, shown, &title)
            }
        };
        self.canvas.draw(&picture, format, context)?;
        Ok(Outcome::Fine)
    }
}
