//! The order within each column: few edges cross.

use super::layers::Layers;

/// How often all columns are gone through; often enough for pictures that someone looks at as a whole.
const ROUNDS: usize = 24;
/// Of large pictures.
const FEW_ROUNDS: usize = 8;
const LARGE: usize = 2_000;

/// Orders the columns.
pub fn order(layers: &mut Layers) {
    start(layers);
    let mut best = (crossings(layers), layers.columns.clone());
    let rounds = if layers.vertices.len() > LARGE { FEW_ROUNDS } else { ROUNDS };
    for round in 0..rounds {
        sweep(layers, round % 2 == 0);
        exchange(layers);
        let found = crossings(layers);
        if found < best.0 {
            best = (found, layers.columns.clone());
        }
        if found == 0 {
            break;
        }
    }
    layers.columns = best.1;
}

/// Begins with the order of a walk along the edges, in which neighbours are near each other.
fn start(layers: &mut Layers) {
    let mut columns = vec![Vec::new(); layers.columns.len()];
    let mut seen = vec![false; layers.vertices.len()];
    for root in layers.columns.concat() {
        let mut stack = vec![root];
        while let Some(vertex) = stack.pop() {
            if std::mem::replace(&mut seen[vertex], true) {
                continue;
            }
            columns[layers.vertices[vertex].layer].push(vertex);
            let mut next: Vec<(f64, usize)> = Vec::new();
            next.extend(layers.right[vertex].iter().map(|&it| {
                let segment = &layers.segments[it];
                (segment.from_offset, segment.to)
            }));
            next.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
            stack.extend(next.into_iter().map(|it| it.1));
        }
    }
    layers.columns = columns;
}

/// Orders each column by where the other ends of its edges are on average, from left to right or back.
fn sweep(layers: &mut Layers, forward: bool) {
    let count = layers.columns.len();
    let mut middle = vec![0.0; layers.vertices.len()];
    for step in 0..count {
        let column = if forward { step } else { count - 1 - step };
        let stacked = stack(layers, &layers.columns[column]);
        if step > 0 {
            let wanted: Vec<f64> = layers.columns[column]
                .iter()
                .zip(&stacked)
                .map(|(&vertex, &top)| wanted(layers, vertex, forward, &middle).unwrap_or(top))
                .collect();
            let mut sorted: Vec<usize> = (0..wanted.len()).collect();
            sorted.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));
            layers.columns[column] = sorted.iter().map(|&it| layers.columns[column][it]).collect();
        }
        let stacked = stack(layers, &layers.columns[column]);
        for (&vertex, top) in layers.columns[column].iter().zip(stacked) {
            middle[vertex] = top;
        }
    }
}

/// The tops of a column's vertices, as close as they may be, around zero.
fn stack(layers: &Layers, column: &[usize]) -> Vec<f64> {
    let mut tops = Vec::with_capacity(column.len());
    let mut y = 0.0;
    for (at, &vertex) in column.iter().enumerate() {
        if at > 0 {
            y += layers.gap(column[at - 1], vertex);
        }
        tops.push(y);
        y += layers.vertices[vertex].height;
    }
    tops.iter().map(|top| top - y / 2.0).collect()
}

/// Where the top of a vertex would have to be for its edges at one side to be straight on average.
fn wanted(layers: &Layers, vertex: usize, at_left: bool, tops: &[f64]) -> Option<f64> {
    let segments = if at_left { &layers.left[vertex] } else { &layers.right[vertex] };
    let tops = segments.iter().map(|&it| {
        let it = &layers.segments[it];
        if at_left {
            tops[it.from] + it.from_offset - it.to_offset
        } else {
            tops[it.to] + it.to_offset - it.from_offset
        }
    });
    let sum: f64 = tops.sum();
    (!segments.is_empty()).then(|| sum / segments.len() as f64)
}

/// Exchanges neighbours as long as that leaves fewer crossings.
fn exchange(layers: &mut Layers) {
    let mut places = vec![0; layers.vertices.len()];
    for column in &layers.columns {
        column.iter().enumerate().for_each(|(place, &vertex)| places[vertex] = place);
    }
    for _ in 0..8 {
        let mut better = false;
        for column in 0..layers.columns.len() {
            for at in 1..layers.columns[column].len() {
                let (above, below) = (layers.columns[column][at - 1], layers.columns[column][at]);
                let between = |a, b| crossings_of(layers, a, b, &places);
                if between(below, above) < between(above, below) {
                    layers.columns[column].swap(at - 1, at);
                    (places[above], places[below]) = (at, at - 1);
                    better = true;
                }
            }
        }
        if !better {
            break;
        }
    }
}

/// How often edges of two vertices of a column cross, if the first is above the second.
fn crossings_of(layers: &Layers, above: usize, below: usize, places: &[usize]) -> usize {
    let ends = |segments: &[usize], left: bool| -> Vec<(usize, f64)> {
        let end = |&it: &usize| {
            let it = &layers.segments[it];
            if left { (places[it.from], it.from_offset) } else { (places[it.to], it.to_offset) }
        };
        segments.iter().map(end).collect()
    };
    let cross = |above: Vec<(usize, f64)>, below: Vec<(usize, f64)>| {
        let pairs = above.iter().flat_map(|a| below.iter().map(move |b| (a, b)));
        pairs.filter(|(a, b)| a > b).count()
    };
    cross(ends(&layers.left[above], true), ends(&layers.left[below], true))
        + cross(ends(&layers.right[above], false), ends(&layers.right[below], false))
}

/// How often edges cross.
fn crossings(layers: &Layers) -> usize {
    layers.columns.windows(2).map(|pair| crossings_between(layers, &pair[0], &pair[1])).sum()
}

/// Counts inversions, with a tree of sums (Barth, Mutzel and Jünger, 2004).
fn crossings_between(layers: &Layers, left: &[usize], right: &[usize]) -> usize {
    let mut ends: Vec<(usize, f64)> = Vec::new();
    for (place, &vertex) in right.iter().enumerate() {
        ends.extend(layers.left[vertex].iter().map(|&it| (place, layers.segments[it].to_offset)));
    }
    ends.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    ends.dedup();
    let mut places = vec![0; layers.vertices.len()];
    right.iter().enumerate().for_each(|(place, &vertex)| places[vertex] = place);
    let end = |segment: usize| {
        let it = &layers.segments[segment];
        let end = (places[it.to], it.to_offset);
        ends.partition_point(|other| (other.0, other.1) < end)
    };
    let mut sums = vec![0; ends.len() + 1];
    let (mut before, mut crossings) = (0, 0);
    for &vertex in left {
        let mut starts: Vec<(f64, usize)> = layers.right[vertex]
            .iter()
            .map(|&it| (layers.segments[it].from_offset, end(it)))
            .collect();
        starts.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        for row in starts.chunk_by(|a, b| a.0 == b.0) {
            for &(_, end) in row {
                let (mut at, mut not_below) = (end + 1, 0);
                while at > 0 {
                    not_below += sums[at];
                    at &= at - 1;
                }
                crossings += before - not_below;
            }
            for &(_, end) in row {
                let mut at = end + 1;
                while at < sums.len() {
                    sums[at] += 1;
                    at += at & at.wrapping_neg();
                }
                before += 1;
            }
        }
    }
    crossings
}
