//! Pictures as SVG.

mod card;
mod legend;

use crate::{
    layout::{self, BOW, Layout, Route},
    model::Picture,
    text::escaped,
    theme::{Theme, group_class},
};
use legend::Legend;
use std::fmt::{self, Display, Write};

/// How a picture is drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SvgOptions {
    /// Light, dark, or as the reader's system is. Programs that turn SVG into pixels take `Auto` for light.
    pub theme: Theme,
}

/// Draws a picture as SVG: text that stands by itself, without scripts, and without fonts or files from elsewhere.
pub fn svg(picture: &Picture, options: &SvgOptions) -> String {
    let layout = layout::layout(picture);
    let legend = Legend::of(picture);
    let top =
        if legend.entries.is_empty() && picture.title.is_empty() { 0.0 } else { legend::HEIGHT };
    let (full_width, full_height) = (layout.width.max(legend.width), layout.height + top);
    let mut out = String::new();
    write_all(
        &mut out,
        format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"{title}\" \
             width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\">\n<title>{title}</title>\n<style>\n{style}</style>\n\
             <rect class=\"back\" width=\"{w}\" height=\"{h}\"/>\n",
            title = escaped(&picture.title),
            w = Px(full_width),
            h = Px(full_height),
            style = options.theme.style(picture.groups.len()),
        ),
    );
    legend.draw(&mut out, picture);
    write_all(&mut out, format_args!("<g transform=\"translate(0 {})\">\n", Px(top)));
    scene(&mut out, picture, &layout, Use::Look);
    out.push_str("</g>\n</svg>\n");
    out
}

/// What a drawing is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// To look at.
    Look,
    /// To point at: cards, rows and edges say which they are.
    Point,
}

/// Draws the edges, and above them the cards.
pub fn scene(out: &mut String, picture: &Picture, layout: &Layout, purpose: Use) {
    out.push_str("<g class=\"edges\">\n");
    for (at, (edge, route)) in picture.edges.iter().zip(&layout.routes).enumerate() {
        let group = group_class(picture.cards[edge.from.card].group);
        let name = purpose.name(format_args!("e{at}"));
        let class = edge.tone.class();
        write_all(
            out,
            format_args!("<path{name} class=\"edge {group}{class}\" d=\"{}\"/>\n", Way(route)),
        );
    }
    out.push_str("</g>\n<g class=\"cards\">\n");
    card::draw(out, picture, layout, purpose);
    out.push_str("</g>\n");
}

impl Use {
    /// The attribute that says which element it is, where someone may point at it.
    fn name(self, id: fmt::Arguments<'_>) -> String {
        match self {
            Self::Look => String::new(),
            Self::Point => format!(" id=\"{id}\""),
        }
    }
}

/// Adds a text; nothing for no words.
fn text(out: &mut String, class: &str, x: f64, y: f64, words: &str) {
    if words.is_empty() {
        return;
    }
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    let (x, y, words) = (Px(x), Px(y), escaped(words));
    write_all(out, format_args!("<text{class} x=\"{x}\" y=\"{y}\">{words}</text>\n"));
}

/// A length with at most one decimal.
struct Px(f64);

impl Display for Px {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (self.0 * 10.0).round() as i64;
        match tenths % 10 {
            0 => write!(out, "{}", tenths / 10),
            _ => write!(out, "{}", tenths as f64 / 10.0),
        }
    }
}

/// The data of a path.
struct Way<'a>(&'a Route);

impl Display for Way<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(&(x, y)) = self.0.points.first() else { return Ok(()) };
        write!(out, "M{} {}", Px(x), Px(y))?;
        for (at, pair) in self.0.points.windows(2).enumerate() {
            let ((x, y), (to_x, to_y)) = (pair[0], pair[1]);
            if self.0.bow {
                let x = Px(x + BOW);
                write!(out, "C{x} {} {x} {} {} {}", Px(y), Px(to_y), Px(to_x), Px(to_y))?;
            } else if at % 2 == 1 || y == to_y {
                write!(out, "L{} {}", Px(to_x), Px(to_y))?;
            } else {
                let middle = Px((x + to_x) / 2.0);
                write!(out, "C{middle} {} {middle} {} {} {}", Px(y), Px(to_y), Px(to_x), Px(to_y))?;
            }
        }
        Ok(())
    }
}

pub fn write_all(out: &mut String, words: fmt::Arguments<'_>) {
    out.write_fmt(words).expect("a String takes all");
}
