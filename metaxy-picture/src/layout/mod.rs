//! Where everything is: cards in columns, from what is upstream at the left to what is downstream at the right.
//!
//! The layered drawing of Sugiyama, Tagawa and Toda (1981), between rows instead of cards: break cycles and rank
//! ([`rank`]), let long edges pass between cards ([`layers`]), order each column so that few edges cross ([`order`]), and
//! place it so that edges are nearly straight ([`place`]).

mod layers;
mod order;
mod place;
mod rank;
#[cfg(test)]
mod tests;

use crate::{
    model::{Card, End, Picture},
    text::{self, Font},
};
use layers::Layers;

/// A finished layout, in pixels.
#[derive(Debug)]
pub struct Layout {
    pub width: f64,
    pub height: f64,
    /// By the indexes of cards.
    pub cards: Vec<Rect>,
    /// By the indexes of edges.
    pub routes: Vec<Route>,
}

/// Where a card is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

/// The way of an edge.
#[derive(Debug, Clone, Default)]
pub struct Route {
    /// Points of which the first and second are joined by a curve, the second and third by a straight line, the third and
    /// fourth by a curve, and so on. All curves leave and arrive horizontally.
    pub points: Vec<(f64, f64)>,
    /// Whether both ends are at the right of their cards.
    pub bow: bool,
}

/// The part of a card above its rows.
pub const HEAD: f64 = 46.0;
pub const ROW: f64 = 22.0;
const FOOT: f64 = 6.0;
/// Between a card's border and its text.
pub const PADDING: f64 = 14.0;
/// Between the text at the left of a line and that at the right.
pub const BETWEEN: f64 = 18.0;
const WIDEST: f64 = 340.0;
const NARROWEST: f64 = 132.0;
/// Around the picture.
pub const MARGIN: f64 = 28.0;
/// Between parts of the picture that no edge joins.
const APART: f64 = 44.0;

/// The sizes of text in pixels.
pub const TITLE_SIZE: f64 = 13.0;
pub const SMALL_SIZE: f64 = 11.0;
pub const ROW_SIZE: f64 = 12.0;

/// Lays a picture out.
pub fn layout(picture: &Picture) -> Layout {
    let sizes: Vec<_> = picture.cards.iter().map(|card| size(picture, card)).collect();
    let parts = rank::components(picture);
    let mut parts: Vec<Part> = parts.iter().map(|cards| part(picture, &sizes, cards)).collect();
    // Stable: parts of one size stay in the order of their first cards.
    parts.sort_by_key(|part| std::cmp::Reverse(part.cards.len()));
    pack(picture, parts)
}

/// Where the middle of a row is, from the top of its card.
pub fn row_middle(row: usize) -> f64 {
    HEAD + ROW * (row as f64 + 0.5)
}

fn size(picture: &Picture, card: &Card) -> (f64, f64) {
    let below = text::width(&picture.words(card), Font::Sans, SMALL_SIZE)
        + text::width(&card.detail, Font::Mono, SMALL_SIZE);
    let rows = card.rows.iter().map(|row| {
        text::width(&row.label, Font::Sans, ROW_SIZE)
            + text::width(&row.detail, Font::Mono, SMALL_SIZE)
    });
    let widest = rows.fold(below, f64::max) + BETWEEN;
    let widest = widest.max(text::width(&card.title, Font::Bold, TITLE_SIZE)) + 2.0 * PADDING;
    let foot = if card.rows.is_empty() { 0.0 } else { FOOT };
    (widest.clamp(NARROWEST, WIDEST).ceil(), HEAD + ROW * card.rows.len() as f64 + foot)
}

/// Cards that edges join, laid out by themselves from the point of origin.
struct Part {
    width: f64,
    height: f64,
    cards: Vec<(usize, Rect)>,
    routes: Vec<(usize, Route)>,
}

fn part(picture: &Picture, sizes: &[(f64, f64)], cards: &[usize]) -> Part {
    let edges: Vec<usize> = edges_of(picture, cards);
    let ranks = rank::ranks(picture, cards, &edges);
    let mut layers = Layers::new(picture, sizes, cards, &edges, &ranks);
    order::order(&mut layers);
    let tops = place::tops(&layers);
    let columns = place::columns(&layers, &tops, sizes);
    let mut placed = vec![Rect::default(); cards.len()];
    for (at, vertex) in layers.vertices.iter().enumerate() {
        if let Some(card) = vertex.card {
            let (x, width) = columns[vertex.layer];
            placed[card] = Rect { x, y: tops[at], width, height: vertex.height };
        }
    }
    let routes: Vec<_> = layers
        .paths
        .iter()
        .map(|path| (path.edge, route(picture, &layers, path, &tops, &columns, &placed)))
        .collect();
    let right = placed.iter().map(|it| it.x + it.width).fold(0.0, f64::max);
    let bows = routes.iter().filter(|(_, route)| route.bow).map(|(_, it)| it.points[0].0 + BOW);
    let lowest =
        |below: f64, (at, vertex): (usize, &layers::Vertex)| below.max(tops[at] + vertex.height);
    Part {
        width: bows.fold(right, f64::max),
        height: layers.vertices.iter().enumerate().fold(0.0, lowest),
        cards: cards.iter().copied().zip(placed).collect(),
        routes,
    }
}

fn edges_of(picture: &Picture, cards: &[usize]) -> Vec<usize> {
    let mut inside = vec![false; picture.cards.len()];
    cards.iter().for_each(|&card| inside[card] = true);
    (0..picture.edges.len()).filter(|&edge| inside[picture.edges[edge].from.card]).collect()
}

/// How far an edge between rows of one column bows out.
pub const BOW: f64 = 34.0;

fn route(
    picture: &Picture,
    layers: &Layers,
    path: &layers::Path,
    tops: &[f64],
    columns: &[(f64, f64)],
    placed: &[Rect],
) -> Route {
    let edge = &picture.edges[path.edge];
    let place = |end: End| (placed[layers.local[&end.card]], row_middle(end.row));
    let at = |end: End, right: bool| {
        let (rect, middle) = place(end);
        (if right { rect.x + rect.width } else { rect.x }, rect.y + middle)
    };
    if edge.from.card == edge.to.card {
        return Route { points: vec![at(edge.from, true), at(edge.to, true)], bow: true };
    }
    let (left, right) = if path.reversed { (edge.to, edge.from) } else { (edge.from, edge.to) };
    let mut points = vec![at(left, true)];
    for &through in &path.through {
        let y = tops[through] + layers.vertices[through].height / 2.0;
        let (x, width) = columns[layers.vertices[through].layer];
        points.extend([(x, y), (x + width, y)]);
    }
    points.push(at(right, false));
    if path.reversed {
        points.reverse();
    }
    Route { points, bow: false }
}

/// Puts the parts beside and below each other, within a width that makes the picture about as wide as a screen.
fn pack(picture: &Picture, parts: Vec<Part>) -> Layout {
    let area: f64 = parts.iter().map(|it| (it.width + APART) * (it.height + APART)).sum();
    let widest = parts.iter().map(|it| it.width).fold((area * 1.6).sqrt(), f64::max);
    let mut cards = vec![Rect::default(); picture.cards.len()];
    let mut routes = vec![Route::default(); picture.edges.len()];
    let (mut x, mut y, mut shelf, mut right) = (0.0, 0.0, 0.0_f64, 0.0_f64);
    for part in parts {
        if x > 0.0 && x + part.width > widest {
            (x, y, shelf) = (0.0, y + shelf + APART, 0.0);
        }
        let (dx, dy) = (x + MARGIN, y + MARGIN);
        for (card, rect) in part.cards {
            cards[card] = Rect { x: rect.x + dx, y: rect.y + dy, ..rect };
        }
        for (edge, mut route) in part.routes {
            route.points.iter_mut().for_each(|point| *point = (point.0 + dx, point.1 + dy));
            routes[edge] = route;
        }
        right = right.max(x + part.width);
        x += part.width + APART;
        shelf = shelf.max(part.height);
    }
    Layout { width: right + 2.0 * MARGIN, height: y + shelf + 2.0 * MARGIN, cards, routes }
}
