//! Pictures as a page that one can walk through.

use crate::{
    layout::{self, MARGIN},
    model::Picture,
    svg::{Use, scene, write_all},
    text::escaped,
    theme::Theme,
};
use serde::Serialize;

/// Draws a picture as one HTML file, which needs nothing else: no network, no other file.
///
/// It zooms, pans, searches, shows some groups only, and lights up all that is upstream and downstream of a row.
pub fn html(picture: &Picture) -> String {
    let layout = layout::layout(picture);
    let title = escaped(&picture.title);
    let mut out =
        String::from("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    write_all(
        &mut out,
        format_args!(
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
             script-src 'unsafe-inline'\">\n\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n<style>\n{}{}</style>\n</head>\n",
            Theme::page_style(picture.groups.len()),
            include_str!("html/page.css"),
        ),
    );
    out.push_str(&include_str!("html/body.html").replace("{title}", &title));
    // Room around the picture belongs to the page.
    let (w, h) = (layout.width - MARGIN, layout.height - MARGIN);
    write_all(
        &mut out,
        format_args!(
            "<svg id=\"world\" class=\"far\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" aria-hidden=\"true\">\n"
        ),
    );
    scene(&mut out, picture, &layout, Use::Point);
    write_all(
        &mut out,
        format_args!(
            "</svg>\n</main>\n<script type=\"application/json\" id=\"data\">{}</script>\n<script>\n{}</script>\n\
             </body>\n</html>\n",
            data(picture),
            include_str!("html/page.js"),
        ),
    );
    out
}

/// What the page's script knows of the picture.
#[derive(Serialize)]
struct Data<'a> {
    groups: &'a [String],
    cards: Vec<Card<'a>>,
    /// Card and row where each edge begins, card and row where it ends.
    edges: Vec<[usize; 4]>,
}

#[derive(Serialize)]
struct Card<'a> {
    title: &'a str,
    detail: &'a str,
    note: &'a str,
    description: &'a str,
    group: usize,
    rows: Vec<[&'a str; 2]>,
}

fn data(picture: &Picture) -> String {
    let cards = picture.cards.iter().map(|card| Card {
        title: &card.title,
        detail: &card.detail,
        note: &card.note,
        description: &card.description,
        group: card.group,
        rows: card.rows.iter().map(|row| [row.label.as_str(), &row.detail]).collect(),
    });
    let edges = picture.edges.iter().map(|it| [it.from.card, it.from.row, it.to.card, it.to.row]);
    let data = Data { groups: &picture.groups, cards: cards.collect(), edges: edges.collect() };
    let json = serde_json::to_string(&data).expect("plain data has no failing serializer");
    // Nothing in it may end the script.
    json.replace('<', "\\u003c")
}
