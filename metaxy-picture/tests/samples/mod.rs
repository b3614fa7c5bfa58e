//! Pictures to test with.

use metaxy_picture::{Card, Edge, Picture, Row, Tone};

/// The example of the README.
pub fn video() -> Picture {
    let mut picture = Picture::new("video");
    let group = picture.group("video");
    let card = |title: &str, rows: &[&str]| Card {
        detail: "5fce13a7".to_owned(),
        description: format!("What `{title}` is."),
        rows: rows.iter().map(|it| Row::new(*it, "77ab01fe")).collect(),
        ..Card::new(title, group)
    };
    picture.cards = vec![
        card("video/raw", &["audio", "frames"]),
        card("video/crop", &["audio", "frames"]),
        card("video/faces", &["faces"]),
        card("video/speech", &["transcript"]),
    ];
    let edges = [((0, 0), (1, 0)), ((0, 1), (1, 1)), ((1, 1), (2, 0)), ((1, 0), (3, 0))];
    picture.edges = edges.into_iter().map(|(from, to)| Edge::new(from, to)).collect();
    picture
}

/// A pipeline of so many features in some projects, the same on every run.
pub fn pipeline(size: usize) -> Picture {
    let projects = ["ingest", "vision", "language", "search", "evaluation"];
    let words = [
        "video",
        "audio",
        "frames",
        "crop",
        "faces",
        "speech",
        "embedding",
        "scene",
        "caption",
        "index",
        "quality",
        "labels",
    ];
    let fields = ["audio", "frames", "default", "text", "vector", "boxes"];
    let mut random = random();
    let mut picture = Picture::new(format!("{size} features"));
    let projects = &projects[..(size / 10).clamp(1, projects.len())];
    for at in 0..size {
        let group = picture.group(projects[at * projects.len() / size]);
        let (count, first) = (1 + random(4), random(3));
        let mut rows = Vec::new();
        for field in 0..count {
            rows.push(Row::new(fields[(first + field) % 6], format!("{:08x}", random(1 << 32))));
        }
        let (a, b) = (words[random(12)], words[at % 12]);
        let external = at % 17 == 3;
        picture.card(Card {
            detail: format!("{:08x}", random(1 << 32)),
            note: if external { "external".to_owned() } else { String::new() },
            dashed: external,
            rows,
            ..Card::new(format!("{a}/{b}_{at}"), group)
        });
        if at < size.div_ceil(8) {
            continue;
        }
        let near = at.min(2 + size / 8);
        let upstream: Vec<usize> = (0..1 + random(3)).map(|_| at - 1 - random(near)).collect();
        for card in upstream {
            join(&mut picture, card, at, &mut random);
        }
    }
    picture
}

/// Everything that is out of the ordinary.
pub fn odd() -> Picture {
    let mut picture = Picture::new("odd <&> \"pictures\"");
    let (a, b) = (picture.group("a"), picture.group("b & c"));
    let rows = |labels: &[&str]| labels.iter().map(|it| Row::new(*it, "text")).collect::<Vec<_>>();
    let long = "a name that is much too long for any card, and goes on/and on/and on";
    picture.card(Card { rows: rows(&["id", "parent", long]), ..Card::new("self", a) });
    picture.card(Card { rows: rows(&["x", "y"]), tone: Tone::Added, ..Card::new(long, b) });
    picture.card(Card { rows: rows(&["x"]), tone: Tone::Removed, ..Card::new("漢字/特徴", a) });
    picture.card(Card { detail: "no rows".to_owned(), dashed: true, ..Card::new("alone", b) });
    picture.card(Card { rows: rows(&["z"]), tone: Tone::Faint, ..Card::new("faint", a) });
    picture.cards[0].rows[1].tone = Tone::Changed;
    let edges =
        [((0, 1), (0, 0)), ((1, 0), (2, 0)), ((2, 0), (1, 1)), ((2, 0), (4, 0)), ((1, 0), (4, 0))];
    picture.edges = edges.into_iter().map(|(from, to)| Edge::new(from, to)).collect();
    picture.edges[1].tone = Tone::Changed;
    picture.edges[3].tone = Tone::Faint;
    picture
}

/// Each row is made from the row of its name, else from the first.
fn join(picture: &mut Picture, from: usize, to: usize, random: &mut impl FnMut(usize) -> usize) {
    for row in 0..picture.cards[to].rows.len() {
        let label = &picture.cards[to].rows[row].label;
        let same = picture.cards[from].rows.iter().position(|it| it.label == *label);
        let all = same.is_none() && random(4) == 0;
        let last = if all { picture.cards[from].rows.len() } else { 1 };
        for upstream in same.map_or(0..last, |at| at..at + 1) {
            let edge = Edge::new((from, upstream), (to, row));
            if !picture.edges.contains(&edge) {
                picture.edges.push(edge);
            }
        }
    }
}

/// Numbers below a bound (xorshift).
fn random() -> impl FnMut(usize) -> usize {
    let mut state = 7_u64;
    move |bound| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ((state >> 20) % bound as u64) as usize
    }
}
