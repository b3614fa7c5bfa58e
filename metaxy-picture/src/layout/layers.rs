//! Columns of vertices, with edges between neighbouring columns only: long edges pass through a vertex of every column
//! on their way, and those from one row share it.

use super::row_middle;
use crate::model::{End, Picture};
use std::collections::{BTreeMap, HashMap};

/// The columns of a part of the picture.
pub struct Layers {
    pub vertices: Vec<Vertex>,
    /// The vertices of each column, from the top.
    pub columns: Vec<Vec<usize>>,
    pub segments: Vec<Segment>,
    /// The segments at the left of each vertex, and at its right.
    pub left: Vec<Vec<usize>>,
    pub right: Vec<Vec<usize>>,
    /// The way of each edge.
    pub paths: Vec<Path>,
    /// The place of each card in the list of the part.
    pub local: HashMap<usize, usize>,
}

/// A card, or where a long edge passes.
pub struct Vertex {
    pub layer: usize,
    pub height: f64,
    /// The card's place in the list of the part; none where an edge passes.
    pub card: Option<usize>,
}

/// A piece of an edge between neighbouring columns.
pub struct Segment {
    pub from: usize,
    pub to: usize,
    /// How far below the tops of the vertices its ends are.
    pub from_offset: f64,
    pub to_offset: f64,
    /// How much it wants to be straight.
    pub weight: f64,
}

/// The way of an edge.
pub struct Path {
    pub edge: usize,
    /// Whether it goes from right to left, since it closes a cycle.
    pub reversed: bool,
    /// The vertices that it passes, from left to right.
    pub through: Vec<usize>,
}

/// What an edge needs of room where it passes.
const PASSING: f64 = 2.0;

/// The row of a card, or a vertex that edges pass.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Stop {
    vertex: usize,
    row: Option<usize>,
}

impl Layers {
    pub fn new(
        picture: &Picture,
        sizes: &[(f64, f64)],
        cards: &[usize],
        edges: &[usize],
        ranks: &[usize],
    ) -> Self {
        let local: HashMap<usize, usize> =
            cards.iter().enumerate().map(|(at, &it)| (it, at)).collect();
        let card = |(at, &card): (usize, &usize)| Vertex {
            layer: ranks[at],
            height: sizes[card].1,
            card: Some(at),
        };
        let mut vertices: Vec<Vertex> = cards.iter().enumerate().map(card).collect();
        let mut trunks: HashMap<(End, usize), usize> = HashMap::new();
        let mut pieces: BTreeMap<(Stop, Stop), f64> = BTreeMap::new();
        let mut paths = Vec::with_capacity(edges.len());
        for &edge in edges {
            let (from, to) = (picture.edges[edge].from, picture.edges[edge].to);
            let reversed = ranks[local[&from.card]] > ranks[local[&to.card]];
            let (from, to) = if reversed { (to, from) } else { (from, to) };
            let stop = |end: End| Stop { vertex: local[&end.card], row: Some(end.row) };
            let between = ranks[local[&from.card]] + 1..ranks[local[&to.card]];
            let through: Vec<usize> = between
                .map(|layer| {
                    *trunks.entry((from, layer)).or_insert_with(|| {
                        vertices.push(Vertex { layer, height: PASSING, card: None });
                        vertices.len() - 1
                    })
                })
                .collect();
            if from.card != to.card {
                let passing = through.iter().map(|&vertex| Stop { vertex, row: None });
                let stops: Vec<Stop> =
                    [stop(from)].into_iter().chain(passing).chain([stop(to)]).collect();
                for pair in stops.windows(2) {
                    let passing = pair.iter().filter(|it| it.row.is_none()).count();
                    pieces.insert((pair[0], pair[1]), [1.0, 2.0, 8.0][passing]);
                }
            }
            paths.push(Path { edge, reversed, through });
        }
        let offset = |stop: Stop| stop.row.map_or(PASSING / 2.0, row_middle);
        let segment = |((from, to), weight): ((Stop, Stop), f64)| Segment {
            from: from.vertex,
            to: to.vertex,
            from_offset: offset(from),
            to_offset: offset(to),
            weight,
        };
        let segments: Vec<Segment> = pieces.into_iter().map(segment).collect();
        let (mut left, mut right) =
            (vec![Vec::new(); vertices.len()], vec![Vec::new(); vertices.len()]);
        for (at, segment) in segments.iter().enumerate() {
            right[segment.from].push(at);
            left[segment.to].push(at);
        }
        let last = vertices.iter().map(|it| it.layer).max().unwrap_or_default();
        let mut columns = vec![Vec::new(); last + 1];
        for (at, vertex) in vertices.iter().enumerate() {
            columns[vertex.layer].push(at);
        }
        Self { vertices, columns, segments, left, right, paths, local }
    }

    /// How much room there has to be between two vertices that follow each other in a column.
    pub fn gap(&self, above: usize, below: usize) -> f64 {
        let cards = [above, below].iter().filter(|&&it| self.vertices[it].card.is_some()).count();
        [10.0, 16.0, 26.0][cards]
    }
}
