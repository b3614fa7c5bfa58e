//! Pictures for Graphviz.

use crate::{
    model::{Card, Picture},
    svg::write_all,
    text::escaped,
};

/// Writes a picture for Graphviz: a table for each card, with a port for each row.
pub fn dot(picture: &Picture) -> String {
    let mut out = String::from("digraph {\n  rankdir=LR;\n  node [shape=plain];\n");
    for (at, card) in picture.cards.iter().enumerate() {
        let style = if card.dashed { " style=\"dashed\"" } else { "" };
        write_all(
            &mut out,
            format_args!(
                "  c{at} [label=<<table border=\"1\" cellborder=\"0\" cellspacing=\"0\"{style}>{}{}</table>>];\n",
                head(picture, card),
                rows(card)
            ),
        );
    }
    for edge in &picture.edges {
        let (from, to) = (edge.from, edge.to);
        write_all(
            &mut out,
            format_args!("  c{}:r{}:e -> c{}:r{}:w;\n", from.card, from.row, to.card, to.row),
        );
    }
    out.push_str("}\n");
    out
}

fn head(picture: &Picture, card: &Card) -> String {
    let words = [picture.words(card), card.detail.clone()];
    let words = words.into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" · ");
    let below = if words.is_empty() { String::new() } else { format!("<br/>{}", escaped(&words)) };
    format!("<tr><td colspan=\"2\"><b>{}</b>{below}</td></tr>", escaped(&card.title))
}

fn rows(card: &Card) -> String {
    let row = |(at, row): (usize, &crate::Row)| {
        format!(
            "<tr><td port=\"r{at}\" align=\"left\">{}</td><td align=\"right\">{}</td></tr>",
            escaped(&row.label),
            escaped(&row.detail)
        )
    };
    card.rows.iter().enumerate().map(row).collect()
}
