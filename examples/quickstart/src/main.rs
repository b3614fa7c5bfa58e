//! Writes photos, and makes the thumbnails that are missing or out of date.

use metaxy::{
    FeatureInput,
    rows::{OpenStore, ResolveOptions, Sample},
};
use quickstart::{Photo, Thumbnail};

/// What a thumbnail is made of: columns of the photo, which the compiler looks for there.
#[derive(FeatureInput)]
#[metaxy(feature = Thumbnail)]
struct Input {
    photo_id: String,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let metaxy = metaxy::init()?;
    let mut store: OpenStore = metaxy.default_store()?.open(metaxy.graph())?;

    // What tells the contents of a photo apart: a hash of the file, for instance.
    let photo = Photo { photo_id: "p1".to_owned(), path: "in/p1.jpg".to_owned() };
    store.write([Sample::new(photo, [("pixels", "5d41402a"), ("exif", "7d793037")])])?;

    let increment = store.resolve_update::<Thumbnail>(ResolveOptions::default())?;
    for (words, set) in [("new", increment.new), ("stale", increment.stale)] {
        let inputs: Vec<Sample<Input>> = set.load(&mut store)?;
        let made = inputs.into_iter().map(|input| input.map(thumbnail));
        println!("{words}: {}", store.write(made)?);
    }
    Ok(())
}

/// Here a program would read the photo, and write a smaller one.
fn thumbnail(input: Input) -> Thumbnail {
    Thumbnail { photo_id: input.photo_id, width: 160 }
}
