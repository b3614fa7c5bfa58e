//! How pictures reach the user: formats, themes, files.

use super::{Context, Failure};
use metaxy_picture::{Picture, SvgOptions, Theme};
use std::{
    fs,
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
};

/// Where a picture goes, and in which colours.
#[derive(Debug, Clone, clap::Args)]
pub struct Canvas {
    /// The file to write, instead of printing; its ending says the format where `--format` does not
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The colours of an SVG
    #[arg(long, value_enum, default_value_t)]
    theme: ThemeName,
}

/// The formats of every picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A vector graphic, for documents and browsers
    Svg,
    /// Pixels; needs `rsvg-convert` (Debian: librsvg2-bin) or `resvg`
    Png,
    /// A page to zoom, search and trace in, in one file
    Html,
    /// For Graphviz
    #[value(alias = "gv")]
    Dot,
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum ThemeName {
    /// As the reader's system is
    #[default]
    Auto,
    /// Dark on light
    Light,
    /// Light on dark
    Dark,
}

impl Canvas {
    /// The format that was named, or that the file's ending means.
    pub fn format<F: clap::ValueEnum>(&self, named: Option<F>) -> Result<Option<F>, Failure> {
        let ending = self.output.as_ref().and_then(|it| it.extension()).and_then(|it| it.to_str());
        match (named, ending, &self.output) {
            (None, Some(ending), Some(file)) => match F::from_str(ending, true) {
                Ok(format) => Ok(Some(format)),
                Err(_) => Err(Failure::words(format!(
                    "no format is known by the ending of {}: name one with --format",
                    file.display()
                ))),
            },
            (named, ..) => Ok(named),
        }
    }

    /// Draws the picture and writes it.
    pub fn draw(
        &self,
        picture: &Picture,
        format: Format,
        context: &mut Context<'_>,
    ) -> Result<(), Failure> {
        let theme = match self.theme {
            ThemeName::Auto => Theme::Auto,
            ThemeName::Light => Theme::Light,
            ThemeName::Dark => Theme::Dark,
        };
        let svg = |theme| metaxy_picture::svg(picture, &SvgOptions { theme });
        let drawn = match (format, theme) {
            (Format::Svg, theme) => svg(theme).into_bytes(),
            // Pixels have no reader whose system could be asked.
            (Format::Png, Theme::Auto) => pixels(svg(Theme::Light))?,
            (Format::Png, theme) => pixels(svg(theme))?,
            (Format::Html, _) => metaxy_picture::html(picture).into_bytes(),
            (Format::Dot, _) => metaxy_picture::dot(picture).into_bytes(),
        };
        self.write(&drawn, context)
    }

    /// Writes what was drawn to the file, or prints it.
    pub fn write(&self, drawn: &[u8], context: &mut Context<'_>) -> Result<(), Failure> {
        match &self.output {
            None => Ok(context.out.write_all(drawn)?),
            Some(file) => fs::write(file, drawn).map_err(|error| {
                Failure::words(format!("cannot write {}: {error}", file.display()))
            }),
        }
    }
}

/// What turns an SVG from standard input into a PNG on standard output.
const PROGRAMS: [(&str, &[&str]); 2] = [("rsvg-convert", &[]), ("resvg", &["-", "-c"])];

/// The picture in pixels, by a program that is there: drawing text needs fonts, which a library would have to bring along.
fn pixels(svg: String) -> Result<Vec<u8>, Failure> {
    let spawned = PROGRAMS.iter().find_map(|(program, args)| {
        let mut command = Command::new(program);
        let command = command.args(*args).stdin(Stdio::piped()).stdout(Stdio::piped());
        Some((*program, command.spawn().ok()?))
    });
    let (program, mut child) = spawned.ok_or_else(|| {
        Failure::words(
            "PNG needs a program that draws SVG: install `rsvg-convert` (Debian: librsvg2-bin) or `resvg`, or write \
             --format svg"
                .to_owned(),
        )
    })?;
    let failed = |why: String| Failure::words(format!("{program} failed: {why}"));
    let mut input = child.stdin.take().expect("it is piped");
    // It may answer before it has read everything.
    let writer = thread::spawn(move || input.write_all(svg.as_bytes()));
    let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    // Where the program ended early, its own status says more.
    let written = writer.join().expect("writing does not panic");
    match (output.status.success(), written) {
        (true, Ok(())) => Ok(output.stdout),
        (true, Err(error)) => Err(failed(error.to_string())),
        (false, _) => Err(failed(output.status.to_string())),
    }
}
