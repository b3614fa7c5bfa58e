//! What holds of every layout.

#[path = "../../tests/samples/mod.rs"]
mod samples;

use super::{Layout, Rect, layout};
use metaxy_picture::Picture;

fn check(picture: &Picture) {
    let layout = layout(picture);
    let mut cards = layout.cards.clone();
    cards.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    for (at, card) in cards.iter().enumerate() {
        assert!(card.x >= 0.0 && card.x + card.width <= layout.width, "{card:?}");
        assert!(card.y >= 0.0 && card.y + card.height <= layout.height, "{card:?}");
        let beside = cards[at + 1..].iter().take_while(|it| it.x < card.x + card.width);
        for other in beside {
            assert!(!overlap(card, other), "{card:?} and {other:?}");
        }
    }
    ends_meet_rows(picture, &layout);
    no_edge_runs_below_a_card(&layout);
}

fn overlap(a: &Rect, b: &Rect) -> bool {
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

fn ends_meet_rows(picture: &Picture, layout: &Layout) {
    for (edge, route) in picture.edges.iter().zip(&layout.routes) {
        let ends = [(edge.from, route.points.first()), (edge.to, route.points.last())];
        for (end, point) in ends {
            let (x, y) = point.expect("every edge has a way");
            let rect = layout.cards[end.card];
            assert_eq!(*y, rect.y + super::row_middle(end.row));
            assert!(*x == rect.x || *x == rect.x + rect.width);
        }
    }
}

/// Straight pieces of edges pass between cards. (Curves are where no cards are.)
fn no_edge_runs_below_a_card(layout: &Layout) {
    for route in layout.routes.iter().filter(|it| !it.bow) {
        for pair in route.points.get(1..route.points.len() - 1).unwrap_or_default().chunks(2) {
            let (left, right) = (pair[0].0.min(pair[1].0), pair[0].0.max(pair[1].0));
            assert_eq!(pair[0].1, pair[1].1);
            let way = Rect { x: left, y: pair[0].1 - 1.0, width: right - left, height: 2.0 };
            for card in &layout.cards {
                assert!(!overlap(&way, card), "{way:?} runs below {card:?}");
            }
        }
    }
}

#[test]
fn cards_never_overlap_and_edges_pass_between_them() {
    check(&samples::video());
    check(&samples::odd());
    check(&Picture::default());
    for size in [1, 30, 200] {
        check(&samples::pipeline(size));
    }
}

#[test]
fn small_graphs_have_no_needless_crossing() {
    let picture = samples::video();
    let layout = layout(&picture);
    let y = |card: usize| layout.cards[card].y;
    assert!(y(3) < y(2), "speech needs audio, which is above the frames");
    let straight = |edge: usize| {
        let points = &layout.routes[edge].points;
        points[0].1 == points[1].1
    };
    assert!(straight(0) && straight(1), "{:?}", layout.routes);
}
