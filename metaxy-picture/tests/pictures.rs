//! Pictures as they were looked at: `METAXY_BLESS=1` writes them, and then someone looks again.

mod samples;

use metaxy_picture::{Picture, SvgOptions, Theme, dot, html, svg};
use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

#[track_caller]
fn check(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    if std::env::var_os("METAXY_BLESS").is_some() {
        fs::write(&path, found).expect("it can be written");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == found, "{name} differs: METAXY_BLESS=1 writes it; look at it then");
}

#[test]
fn pictures_are_as_they_were_looked_at() {
    let light = SvgOptions { theme: Theme::Light };
    check("video.svg", &svg(&samples::video(), &SvgOptions::default()));
    check("video.dot", &dot(&samples::video()));
    check("pipeline.svg", &svg(&samples::pipeline(30), &light));
    check("odd.svg", &svg(&samples::odd(), &SvgOptions { theme: Theme::Dark }));
    check("empty.svg", &svg(&Picture::default(), &light));
}

#[test]
fn a_page_needs_nothing_else() {
    let page = html(&samples::odd());
    let elsewhere = ["http:", "https:", "src=", "href=", "@import", "url("];
    for word in elsewhere {
        assert!(!page.contains(word), "`{word}` is in the page");
    }
    assert!(page.contains("default-src 'none'"));
    assert_eq!(page.matches("</script>").count(), 2);
}

#[test]
fn large_pictures_are_quick() {
    let start = Instant::now();
    let picture = svg(&samples::pipeline(1_000), &SvgOptions::default());
    assert!(picture.contains("1000 features"));
    // Unoptimised, on a machine that does other things.
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}
