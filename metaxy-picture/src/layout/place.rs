//! Where each vertex is: edges nearly straight, columns as far from each other as steep edges need.

use super::layers::Layers;

const ROUNDS: usize = 24;
/// Between columns.
const GAP: f64 = 84.0;
const WIDEST_GAP: f64 = 220.0;

/// The top of each vertex, in whole pixels from zero.
pub fn tops(layers: &Layers) -> Vec<f64> {
    let mut tops = vec![0.0; layers.vertices.len()];
    let count = layers.columns.len();
    for round in 0..ROUNDS {
        for step in 0..count {
            let column = if round % 2 == 0 { step } else { count - 1 - step };
            // First along one side, so that the picture unfolds; then between both.
            let sides = if round >= 4 { (true, true) } else { (round % 2 == 0, round % 2 == 1) };
            settle(layers, &layers.columns[column], sides, &mut tops);
        }
    }
    let first = tops.iter().copied().fold(f64::INFINITY, f64::min);
    tops.iter().map(|top| (top - first).round()).collect()
}

/// Moves the vertices of a column to where their edges are straightest, without changing their order.
///
/// It is the nearest place in least squares, found by pooling neighbours that would overlap (isotonic regression).
fn settle(layers: &Layers, column: &[usize], sides: (bool, bool), tops: &mut [f64]) {
    struct Pool {
        wanted: f64,
        weight: f64,
        count: usize,
    }
    let mut pools: Vec<Pool> = Vec::with_capacity(column.len());
    let mut stacked = Vec::with_capacity(column.len());
    let mut y = 0.0;
    for (at, &vertex) in column.iter().enumerate() {
        if at > 0 {
            y += layers.vertices[column[at - 1]].height + layers.gap(column[at - 1], vertex);
        }
        stacked.push(y);
        let (wanted, weight) = wanted(layers, vertex, sides, tops);
        let mut pool = Pool { wanted: wanted - y, weight, count: 1 };
        while let Some(above) = pools.pop_if(|above| above.wanted >= pool.wanted) {
            let weight = above.weight + pool.weight;
            pool = Pool {
                wanted: (above.wanted * above.weight + pool.wanted * pool.weight) / weight,
                weight,
                count: above.count + pool.count,
            };
        }
        pools.push(pool);
    }
    let shifts = pools.iter().flat_map(|pool| std::iter::repeat_n(pool.wanted, pool.count));
    for ((&vertex, stacked), shift) in column.iter().zip(stacked).zip(shifts) {
        tops[vertex] = stacked + shift;
    }
}

/// Where a vertex wants its top, and how much.
fn wanted(layers: &Layers, vertex: usize, (left, right): (bool, bool), tops: &[f64]) -> (f64, f64) {
    let at_left = layers.left[vertex].iter().filter(|_| left).map(|&it| {
        let it = &layers.segments[it];
        (tops[it.from] + it.from_offset - it.to_offset, it.weight)
    });
    let at_right = layers.right[vertex].iter().filter(|_| right).map(|&it| {
        let it = &layers.segments[it];
        (tops[it.to] + it.to_offset - it.from_offset, it.weight)
    });
    let (sum, weight) = at_left
        .chain(at_right)
        .fold((0.0, 0.0), |(sum, all), (top, weight)| (sum + top * weight, all + weight));
    if weight > 0.0 { (sum / weight, weight) } else { (tops[vertex], 0.01) }
}

/// The left side of each column, and its width.
pub fn columns(layers: &Layers, tops: &[f64], sizes: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut widths = vec![0.0_f64; layers.columns.len()];
    let mut steepest = vec![0.0_f64; layers.columns.len()];
    for (&card, &at) in &layers.local {
        let column = &mut widths[layers.vertices[at].layer];
        *column = column.max(sizes[card].0);
    }
    for it in &layers.segments {
        let height = (tops[it.to] + it.to_offset - tops[it.from] - it.from_offset).abs();
        let column = &mut steepest[layers.vertices[it.from].layer];
        *column = column.max(height);
    }
    let mut x = 0.0;
    let mut columns = Vec::with_capacity(widths.len());
    for (width, steepest) in widths.into_iter().zip(steepest) {
        columns.push((x, width));
        x += width + (GAP + steepest * 0.12).min(WIDEST_GAP).round();
    }
    columns
}
