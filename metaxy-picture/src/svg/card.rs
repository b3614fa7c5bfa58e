//! Cards with their rows.

use super::{Px, Use, text, write_all};
use crate::{
    layout::{
        BETWEEN, HEAD, Layout, PADDING, ROW, ROW_SIZE, Rect, SMALL_SIZE, TITLE_SIZE, row_middle,
    },
    model::{End, Picture, Tone},
    text::{Font, escaped, fit, width},
    theme::group_class,
};
use std::collections::{BTreeMap, BTreeSet};

/// What stands at the border of a card beside a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Port {
    /// A dot: an edge leaves.
    Out { right: bool },
    /// An arrow: an edge arrives.
    In { right: bool },
}

/// Draws all cards.
pub fn draw(out: &mut String, picture: &Picture, layout: &Layout, purpose: Use) {
    let ports = ports(picture, layout);
    for at in 0..picture.cards.len() {
        let rect = layout.cards[at];
        draw_head(out, picture, at, rect, purpose);
        for row in 0..picture.cards[at].rows.len() {
            let end = End { card: at, row };
            draw_row(out, picture, end, rect.width, ports.get(&end), purpose);
        }
        out.push_str("</g>\n");
    }
}

/// Opens the group of a card, and draws what is above its rows.
fn draw_head(out: &mut String, picture: &Picture, at: usize, rect: Rect, purpose: Use) {
    let card = &picture.cards[at];
    let name = purpose.name(format_args!("c{at}"));
    let dashed = if card.dashed { " dashed" } else { "" };
    let (group, tone) = (group_class(card.group), card.tone.class());
    let (x, y, w, h) = (Px(rect.x), Px(rect.y), Px(rect.width), Px(rect.height));
    let place = format_args!(
        "<g{name} class=\"card {group}{dashed}{tone}\" transform=\"translate({x} {y})\">\n"
    );
    write_all(out, place);
    let title = fit(&card.title, Font::Bold, TITLE_SIZE, rect.width - 2.0 * PADDING);
    if !card.description.is_empty() || title != card.title {
        let words = [card.title.as_str(), card.description.as_str()].join("\n");
        write_all(out, format_args!("<title>{}</title>\n", escaped(words.trim_end())));
    }
    write_all(out, format_args!("<rect class=\"box\" width=\"{w}\" height=\"{h}\" rx=\"8\"/>\n"));
    // Round below, too, where no row follows.
    let (side, foot) = match card.rows.is_empty() {
        true => (HEAD - 8.0, "q0 8-8 8H8q-8 0-8-8Z"),
        false => (HEAD, "H0Z"),
    };
    let (corner, side) = (Px(rect.width - 8.0), Px(side));
    let head =
        format_args!("<path class=\"head\" d=\"M0 8q0-8 8-8H{corner}q8 0 8 8V{side}{foot}\"/>\n");
    write_all(out, head);
    let words = picture.words(card);
    let alone = words.is_empty() && card.detail.is_empty();
    text(out, "title", PADDING, if alone { 28.0 } else { 20.0 }, &title);
    match words {
        words if words.is_empty() => text(out, "mono", PADDING, 37.0, &card.detail),
        words => pair(out, ("small", &words, SMALL_SIZE), &card.detail, rect.width, 37.0),
    }
}

fn draw_row(
    out: &mut String,
    picture: &Picture,
    end: End,
    width: f64,
    ports: Option<&BTreeSet<Port>>,
    purpose: Use,
) {
    let row = &picture.cards[end.card].rows[end.row];
    let middle = row_middle(end.row);
    let name = purpose.name(format_args!("r{}-{}", end.card, end.row));
    write_all(out, format_args!("<g{name} class=\"row{}\">\n", row.tone.class()));
    let tinted = !matches!(row.tone, Tone::Plain | Tone::Faint);
    if tinted || purpose == Use::Point {
        let class = if tinted { "hit tint" } else { "hit" };
        let (y, w, h) = (Px(middle - ROW / 2.0), Px(width - 2.0), Px(ROW));
        let back = format_args!(
            "<rect class=\"{class}\" x=\"1\" y=\"{y}\" width=\"{w}\" height=\"{h}\"/>\n"
        );
        write_all(out, back);
    }
    pair(out, ("", &row.label, ROW_SIZE), &row.detail, width, middle + 4.0);
    ports.into_iter().flatten().for_each(|port| port.draw(out, width, middle));
    out.push_str("</g>\n");
}

/// A text at the left of a card, and one at its right. Where there is no room for both, each has its share, and is cut.
fn pair(out: &mut String, left: (&str, &str, f64), right: &str, card: f64, y: f64) {
    let (class, words, size) = left;
    let room = card - 2.0 * PADDING;
    let beside = room - width(words, Font::Sans, size) - BETWEEN;
    let right = fit(right, Font::Mono, SMALL_SIZE, beside.max(room * RIGHT_SHARE));
    let used = if right.is_empty() { 0.0 } else { width(&right, Font::Mono, SMALL_SIZE) + BETWEEN };
    text(out, class, PADDING, y, &fit(words, Font::Sans, size, room - used));
    text(out, "mono end", card - PADDING, y, &right);
}

/// How much of a line the text at its right has at least.
const RIGHT_SHARE: f64 = 0.5;

/// The ports of all rows, each once.
fn ports(picture: &Picture, layout: &Layout) -> BTreeMap<End, BTreeSet<Port>> {
    let mut ports: BTreeMap<End, BTreeSet<Port>> = BTreeMap::new();
    for (edge, route) in picture.edges.iter().zip(&layout.routes) {
        let (Some(first), Some(last)) = (route.points.first(), route.points.last()) else {
            continue;
        };
        let backwards = first.0 > last.0;
        ports.entry(edge.from).or_default().insert(Port::Out { right: route.bow || !backwards });
        ports.entry(edge.to).or_default().insert(Port::In { right: route.bow || backwards });
    }
    ports
}

impl Port {
    fn draw(self, out: &mut String, width: f64, y: f64) {
        let x = |right| Px(if right { width } else { 0.0 });
        let y = Px(y);
        match self {
            Self::Out { right } => {
                let x = x(right);
                write_all(
                    out,
                    format_args!("<circle class=\"port\" cx=\"{x}\" cy=\"{y}\" r=\"2.6\"/>\n"),
                );
            }
            Self::In { right } => {
                let (x, back) = (x(right), if right { 7 } else { -7 });
                write_all(out, format_args!("<path class=\"port\" d=\"M{x} {y}l{back}-4v8z\"/>\n"));
            }
        }
    }
}
