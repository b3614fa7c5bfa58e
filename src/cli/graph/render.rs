//! `metaxy graph render`: the graph as a picture, as text, or as JSON.

mod json;
mod mermaid;
mod terminal;

use super::{graph_of, picture};
use crate::cli::{
    Context, Failure,
    picture::{Canvas, Format as PictureFormat},
};
use metaxy_core::{FeatureDefinition, FeatureGraph, FeatureKey};
use std::path::PathBuf;

/// Draws the graph of the linked features, or of a snapshot
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  metaxy graph render
  metaxy graph render -o graph.html
  metaxy graph render --format svg --theme dark > graph.svg
  metaxy graph render --snapshot video.json -o video.png")]
pub struct Render {
    /// How to draw it; text where neither this nor the file's ending says it
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// A snapshot as `metaxy graph snapshot` or Python writes it, instead of the linked features
    #[arg(long, value_name = "FILE")]
    snapshot: Option<PathBuf>,
    #[command(flatten)]
    canvas: Canvas,
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Format {
    /// Text: each feature with its fields, and what each field is made from
    #[default]
    #[value(alias = "txt")]
    Terminal,
    /// A vector graphic, for documents and browsers
    Svg,
    /// Pixels; needs `rsvg-convert` (Debian: librsvg2-bin) or `resvg`
    Png,
    /// A page to zoom, search and trace in, in one file
    Html,
    /// A Mermaid flowchart, as GitHub shows it
    #[value(alias = "mmd")]
    Mermaid,
    /// For Graphviz
    #[value(alias = "gv")]
    Dot,
    /// Features, fields, versions and what each field is made from, for programs
    Json,
}

impl Render {
    pub fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let graph = graph_of(self.snapshot.as_deref(), context)?;
        let format = match self.canvas.format(self.format)?.unwrap_or_default() {
            Format::Terminal => {
                return self.canvas.write(terminal::draw(&graph).as_bytes(), context);
            }
            Format::Mermaid => return self.canvas.write(mermaid::draw(&graph).as_bytes(), context),
            Format::Json => return self.canvas.write(json::draw(&graph).as_bytes(), context),
            Format::Svg => PictureFormat::Svg,
            Format::Png => PictureFormat::Png,
            Format::Html => PictureFormat::Html,
            Format::Dot => PictureFormat::Dot,
        };
        // What a file has need not be of the project here.
        let project = context.config.project.as_deref().filter(|_| self.snapshot.is_none());
        let title = project.or_else(|| graph.project().ok());
        let picture = picture::of(&graph, title.unwrap_or("features"));
        self.canvas.draw(&picture, format, context)
    }
}

/// The features in the order of the graph.
fn definitions(graph: &FeatureGraph) -> impl Iterator<Item = (&FeatureKey, &FeatureDefinition)> {
    graph.topological_order().filter_map(|key| Some((key, graph.get(key)?)))
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    std::fmt::Write::write_fmt(text, format_args!("{line}\n")).expect("a String takes all");
}
