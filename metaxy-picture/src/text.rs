//! How wide text is, and how it is written into XML.

use std::fmt::Write;

/// The fonts that pictures use.
#[derive(Debug, Clone, Copy)]
pub enum Font {
    /// Of the reader's system.
    Sans,
    /// The same, bold.
    Bold,
    /// All characters of one width.
    Mono,
}

/// Advance widths of the characters from space to `~` in thousandths of the font's size: those of DejaVu Sans, which is
/// wider than what most systems have.
const SANS: [u16; 95] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636,
    636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632,
    575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685,
    611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579,
    278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
];

/// Bold is about this much wider.
const BOLD: f64 = 1.12;
const MONO: f64 = 0.602;
/// Of characters that the table lacks: most scripts, and those of East Asia.
const OTHER: f64 = 0.7;
const WIDE: f64 = 1.0;

/// The width of a text in pixels.
pub fn width(text: &str, font: Font, size: f64) -> f64 {
    text.chars().map(|it| advance(it, font)).sum::<f64>() * size
}

fn advance(character: char, font: Font) -> f64 {
    let ascii = (character as usize).checked_sub(32).and_then(|at| SANS.get(at));
    match (font, ascii) {
        (_, None) if character >= '\u{1100}' => WIDE,
        (Font::Mono, _) => MONO,
        (_, None) => OTHER,
        (Font::Sans, Some(&width)) => f64::from(width) / 1000.0,
        (Font::Bold, Some(&width)) => f64::from(width) / 1000.0 * BOLD,
    }
}

/// The text where it fits, else as much of it as does, with an ellipsis.
pub fn fit(text: &str, font: Font, size: f64, room: f64) -> String {
    if width(text, font, size) <= room {
        return text.to_owned();
    }
    let room = room - width("…", font, size);
    let mut used = 0.0;
    let fitting = text.chars().take_while(|&it| {
        used += advance(it, font) * size;
        used <= room
    });
    fitting.chain(['…']).collect()
}

/// Adds a text to XML, as content or as the value of an attribute. Characters that XML cannot hold are replaced.
pub fn escape(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' => write!(out, "&#{};", character as u32).expect("a String takes all"),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(character),
        }
    }
}

/// The text, escaped.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape(&mut out, text);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_to_their_room() {
        let check = |text: &str, room: f64, expected: &str| {
            let fitted = fit(text, Font::Sans, 12.0, room);
            assert_eq!(fitted, expected);
            assert!(width(&fitted, Font::Sans, 12.0) <= room.max(width("…", Font::Sans, 12.0)));
        };
        check("audio", 100.0, "audio");
        check("a long name of a field", 61.0, "a long n…");
        check("", 0.0, "");
        check("漢字漢字", 36.0, "漢字…");
        check("audio", 0.0, "…");
    }

    #[test]
    fn markup_is_escaped() {
        assert_eq!(escaped("<a b=\"c\">&\u{1}\n"), "&lt;a b=&quot;c&quot;&gt;&amp;\u{fffd}&#10;");
    }
}
