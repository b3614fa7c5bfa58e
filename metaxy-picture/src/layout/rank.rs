//! Which cards belong together, and in which column each is.

use crate::model::Picture;
use std::collections::{BTreeSet, HashMap};

/// The cards of each part of the picture that edges hold together, in the order of the cards.
pub fn components(picture: &Picture) -> Vec<Vec<usize>> {
    let mut leader: Vec<usize> = (0..picture.cards.len()).collect();
    fn find(leader: &mut [usize], mut card: usize) -> usize {
        while leader[card] != card {
            leader[card] = leader[leader[card]];
            card = leader[card];
        }
        card
    }
    for edge in &picture.edges {
        let (a, b) = (find(&mut leader, edge.from.card), find(&mut leader, edge.to.card));
        leader[a.max(b)] = a.min(b);
    }
    let mut parts: Vec<Vec<usize>> = vec![Vec::new(); picture.cards.len()];
    for card in 0..picture.cards.len() {
        parts[find(&mut leader, card)].push(card);
    }
    parts.retain(|it| !it.is_empty());
    parts
}

/// The column of each card, by its place in `cards`.
pub fn ranks(picture: &Picture, cards: &[usize], edges: &[usize]) -> Vec<usize> {
    let local: HashMap<usize, usize> =
        cards.iter().enumerate().map(|(at, &card)| (card, at)).collect();
    let links = edges.iter().map(|&edge| &picture.edges[edge]);
    let links = links.map(|edge| (local[&edge.from.card], local[&edge.to.card]));
    let links: BTreeSet<(usize, usize)> = links.filter(|(from, to)| from != to).collect();
    let mut downstream = vec![Vec::new(); cards.len()];
    links.iter().for_each(|&(from, to)| downstream[from].push(to));
    let order = topological(&downstream);
    let mut at = vec![0; cards.len()];
    order.iter().enumerate().for_each(|(place, &card)| at[card] = place);
    // What goes against the order closes a cycle, and is drawn backwards.
    let links = links.iter().map(|&(a, b)| if at[a] < at[b] { (a, b) } else { (b, a) });
    let links: BTreeSet<(usize, usize)> = links.collect();
    let (mut before, mut after) = (vec![Vec::new(); cards.len()], vec![Vec::new(); cards.len()]);
    for (from, to) in links {
        after[from].push(to);
        before[to].push(from);
    }
    shortened(&order, &before, &after)
}

/// An order in which edges go forward, but for those that close cycles.
fn topological(downstream: &[Vec<usize>]) -> Vec<usize> {
    let mut reversed = Vec::with_capacity(downstream.len());
    let mut seen = vec![false; downstream.len()];
    for start in 0..downstream.len() {
        if seen[start] {
            continue;
        }
        seen[start] = true;
        let mut stack = vec![(start, 0)];
        while let Some((card, next)) = stack.last_mut() {
            match downstream[*card].get(*next) {
                Some(&to) => {
                    *next += 1;
                    if !seen[to] {
                        seen[to] = true;
                        stack.push((to, 0));
                    }
                }
                None => {
                    reversed.push(*card);
                    stack.pop();
                }
            }
        }
    }
    reversed.reverse();
    reversed
}

/// Ranks by the longest way from a source; then each card moves to where its edges are short.
fn shortened(order: &[usize], before: &[Vec<usize>], after: &[Vec<usize>]) -> Vec<usize> {
    let mut rank = vec![0; order.len()];
    for &card in order {
        rank[card] = before[card].iter().map(|&it| rank[it] + 1).max().unwrap_or_default();
    }
    for _ in 0..4 {
        for &card in order.iter().rev() {
            let latest = after[card].iter().map(|&it| rank[it] - 1).min();
            if let Some(latest) = latest.filter(|_| after[card].len() > before[card].len()) {
                rank[card] = latest;
            }
        }
        for &card in order {
            let earliest = before[card].iter().map(|&it| rank[it] + 1).max();
            if let Some(earliest) = earliest.filter(|_| before[card].len() > after[card].len()) {
                rank[card] = earliest;
            }
        }
    }
    let first = rank.iter().copied().min().unwrap_or_default();
    rank.iter().map(|it| it - first).collect()
}
