//! The line above a picture: its title, and what the colours mean.

use super::{Px, text, write_all};
use crate::{
    layout::{MARGIN, SMALL_SIZE, TITLE_SIZE},
    model::{Card, Picture, Tone},
    text::{Font, width},
    theme::group_class,
};

/// The height of the line.
pub const HEIGHT: f64 = 38.0;

/// What the colours mean, in a line above the picture.
pub struct Legend {
    /// Where each is, its class, and its words.
    pub entries: Vec<(f64, String, String)>,
    pub width: f64,
}

impl Legend {
    pub fn of(picture: &Picture) -> Self {
        let groups = picture.groups.iter().enumerate().filter(|_| picture.groups.len() > 1);
        let groups = groups.map(|(at, name)| (group_class(at), name.clone()));
        let tones = [
            (Tone::Added, "added"),
            (Tone::Changed, "changed"),
            (Tone::Touched, "touched"),
            (Tone::Removed, "removed"),
        ];
        let tones = tones
            .into_iter()
            .filter(|(tone, _)| picture.cards.iter().any(|card| shows(card, *tone)));
        let tones = tones.map(|(tone, name)| (tone.class().trim().to_owned(), name.to_owned()));
        let mut x = MARGIN;
        if !picture.title.is_empty() {
            x += width(&picture.title, Font::Bold, TITLE_SIZE) + 24.0;
        }
        let entries = groups.chain(tones).map(|(class, name)| {
            let at = x;
            x += 16.0 + width(&name, Font::Sans, SMALL_SIZE) + 18.0;
            (at, class, name)
        });
        Self { entries: entries.collect(), width: x + MARGIN }
    }

    pub fn draw(&self, out: &mut String, picture: &Picture) {
        text(out, "title", MARGIN, 28.0, &picture.title);
        for (x, class, name) in &self.entries {
            let swatch = format_args!(
                "<rect class=\"swatch {class}\" x=\"{}\" y=\"19\" width=\"10\" height=\"10\" rx=\"3\"/>\n",
                Px(*x)
            );
            write_all(out, swatch);
            text(out, "small", x + 16.0, 28.0, name);
        }
    }
}

fn shows(card: &Card, tone: Tone) -> bool {
    card.tone == tone || card.rows.iter().any(|row| row.tone == tone)
}
