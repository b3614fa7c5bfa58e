//! Pages and their summaries, on PostgreSQL, in a program that awaits its database.
//!
//! With arguments it is the command line (`cargo run -q -p pages -- migration generate initialize`, then `migration run`);
//! without any it writes the pages and summarises those that are new, or have another text than when they were.

use metaxy::{
    Feature, FeatureInput, FromRow, ToRow,
    rows::{AsyncStore, ResolveOptions, RowsError, Sample},
};
use std::{env, error::Error, process::ExitCode};

/// Pages, as they were fetched.
#[derive(Feature, ToRow, FromRow)]
#[metaxy(key = "page", id_columns(url), fields(text(code_version = "1")))]
pub struct Page {
    /// Where it is.
    pub url: String,
    /// What it says.
    pub text: String,
}

/// What pages say, in few words.
#[derive(Feature, ToRow, FromRow)]
#[metaxy(key = "summary", id_columns(url), deps(Page), fields(words(code_version = "1")))]
pub struct Summary {
    /// The page.
    pub url: String,
    /// The words.
    pub words: String,
}

/// What a summary is made of: columns of the pages.
#[derive(FeatureInput)]
#[metaxy(feature = Summary)]
struct Input {
    url: String,
    text: String,
}

fn main() -> ExitCode {
    if env::args().len() > 1 {
        return metaxy::cli::main();
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn run() -> Result<(), Box<dyn Error>> {
    let metaxy = metaxy::init()?;
    let store = metaxy.default_store()?;
    let mut store: AsyncStore = store.open_async(metaxy.graph()).await?;
    println!("{} pages written", write_pages(&mut store).await?);
    println!("{} summaries written", summarise(&mut store).await?);
    Ok(())
}

/// Writes the pages that are not there yet, or say something else.
async fn write_pages(store: &mut AsyncStore<'_>) -> Result<usize, RowsError> {
    let pages = [("/", "Welcome to all who come"), ("/help", "Ask and you are answered")];
    let pages = pages.map(|(url, text)| {
        let page = Page { url: url.to_owned(), text: text.to_owned() };
        // A program would take the hash of the text.
        Sample::new(page, [("text", text)]).into()
    });
    let options = ResolveOptions { samples: Some(pages.into()), ..ResolveOptions::default() };
    let increment = store.resolve_update::<Page>(options).await?;
    let mut written = 0;
    for set in [increment.new, increment.stale] {
        let pages = store.load_set::<Page, _>(&set).await?;
        written += store.write(pages).await?;
    }
    Ok(written)
}

/// Summarises the pages that have no summary, or one of another text, a hundred at a time.
async fn summarise(store: &mut AsyncStore<'_>) -> Result<usize, RowsError> {
    let increment = store.resolve_update::<Summary>(ResolveOptions::default()).await?;
    let mut written = 0;
    for set in [increment.new, increment.stale] {
        let mut batches = store.batches(&set, 100).await?;
        while let Some(inputs) = batches.next::<Input, _>(store).await? {
            let summaries = inputs.into_iter().map(|sample| {
                sample.map(|Input { url, text }| {
                    let words: Vec<&str> = text.split(' ').take(2).collect();
                    Summary { url, words: words.join(" ") }
                })
            });
            written += store.write(summaries).await?;
        }
    }
    Ok(written)
}
