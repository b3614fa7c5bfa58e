//! Pictures of cards with rows, and of edges between the rows: features with their fields, tables with their columns.
//!
//! Pure, and the same to the byte on every run and machine. Text is measured by the widths of a wide font, so that it
//! fits in whatever font the reader has.
//!
//! ```
//! use metaxy_picture::{Card, Edge, Picture, Row, SvgOptions};
//!
//! let mut picture = Picture::new("video");
//! let group = picture.group("video");
//! let raw = picture.card(Card { rows: vec![Row::new("audio", "1f0c")], ..Card::new("video/raw", group) });
//! let crop = picture.card(Card { rows: vec![Row::new("audio", "77ab")], ..Card::new("video/crop", group) });
//! picture.edges.push(Edge::new((raw, 0), (crop, 0)));
//! let svg = metaxy_picture::svg(&picture, &SvgOptions::default());
//! assert!(svg.starts_with("<svg") && svg.contains("video/crop"));
//! ```

// The pictures of the tests name the crate.
#[cfg(test)]
extern crate self as metaxy_picture;

mod dot;
mod html;
mod layout;
mod model;
mod svg;
mod text;
mod theme;

pub use dot::dot;
pub use html::html;
pub use model::{Card, Edge, End, Picture, Row, Tone};
pub use svg::{SvgOptions, svg};
pub use theme::Theme;
