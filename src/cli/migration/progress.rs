//! How far a run is: lines for what is worth one, and on a terminal a bar, with the rate and the time that is left.

use super::summary::{Stream, about};
use crate::cli::{Context, progress::pace};
use console::{Style, Term, truncate_str};
use metaxy_diesel::{
    apply::{Direction, Event, OnEvent},
    migration::Migration,
};
use std::{
    io::{IsTerminal, Write, stderr},
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

/// How long nothing has to be said of a migration, and no bar is shown.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many rows make the copying of a table worth a line.
const MANY_ROWS: u64 = 10_000;

/// How a bar is shown.
#[derive(Debug, Clone, Copy)]
struct Look {
    /// How long a migration takes before it gets one.
    patience: Duration,
    /// Between two pictures of it.
    tick: Duration,
    /// How many columns the terminal has now.
    width: fn() -> usize,
}

const LOOK: Look = Look {
    patience: PATIENCE,
    tick: Duration::from_millis(100),
    width: || Term::stderr().size().1.into(),
};

/// What is told of a migration that runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Detail {
    /// Nothing.
    Nothing,
    /// What it does to which table, and how far it is.
    Summary,
    /// Its SQL, too.
    Sql,
}

impl Detail {
    /// What `--quiet` and `--verbose` say.
    pub fn of(context: &Context<'_>) -> Self {
        match (context.quiet, context.verbose) {
            (true, _) => Self::Nothing,
            (false, false) => Self::Summary,
            (false, true) => Self::Sql,
        }
    }
}

/// Does something that tells what happens meanwhile. Lines of that, also on a terminal: what a migration said may be wanted later.
/// What is done is printed when it is done.
pub fn with_progress<T>(detail: Detail, body: impl FnOnce(OnEvent<'_>) -> T) -> T {
    let mut lines = Lines { detail, run: None };
    match (detail, stderr().is_terminal()) {
        (Detail::Nothing, _) => body(&mut |_| {}),
        (_, true) => on_terminal(&mut stderr(), lines, LOOK, body),
        (_, false) => body(&mut |event| {
            for line in lines.of(&event).into_iter().chain(lines.of_statement(&event)) {
                eprintln!("{line}");
            }
        }),
    }
}

/// What is to be shown.
enum Shown {
    /// A bar, from now on.
    Step(Step),
    /// A line that stays, and no bar any more.
    Line(String),
    /// No bar any more.
    Nothing,
}

/// With a bar at the end that says what is under way, and for how long. It goes when that is done.
fn on_terminal<T>(
    out: &mut (dyn Write + Send),
    mut lines: Lines,
    look: Look,
    body: impl FnOnce(OnEvent<'_>) -> T,
) -> T {
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut now = None;
            let mut turn = 0;
            loop {
                match receiver.recv_timeout(look.tick) {
                    Ok(Shown::Step(step)) => now = Some(step),
                    Ok(Shown::Line(line)) => {
                        now = None;
                        _ = writeln!(out, "\r\x1b[K{line}");
                    }
                    Ok(Shown::Nothing) => {
                        now = None;
                        _ = write!(out, "\r\x1b[K");
                    }
                    Err(RecvTimeoutError::Timeout) => {
                        turn += 1;
                        let is_long = |it: &&Step| it.run.elapsed() >= look.patience;
                        let picture =
                            now.as_ref().filter(is_long).map(|it| it.picture(turn, (look.width)()));
                        // It is of no matter where it cannot be shown.
                        _ = picture.map_or(Ok(()), |it| write!(out, "\r\x1b[K{it}"));
                        _ = out.flush();
                    }
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            }
            _ = write!(out, "\r\x1b[K").and_then(|()| out.flush());
        });
        // It ends with the body, and the thread with it.
        let sender: Sender<Shown> = sender;
        body(&mut |event| {
            let mut shown: Vec<_> = lines.of(&event).into_iter().map(Shown::Line).collect();
            shown.extend(lines.step(&event).map(Shown::Step));
            if let Event::Finished { .. } = event {
                shown.push(Shown::Nothing);
            }
            // The thread ends after this one only.
            shown.into_iter().for_each(|it| _ = sender.send(it));
        })
    })
}

/// A statement that is under way.
struct Step {
    migration: String,
    /// How many statements are done.
    at: usize,
    /// How many there are.
    of: usize,
    /// When it began.
    since: Instant,
    run: Run,
}

impl Step {
    /// `⠙ ━━━━━━━━━━━━────────── statement 3 of 4, 12.3 s; 6 s each, 12 seconds left  1_first`, in one line of the terminal.
    fn picture(&self, turn: usize, width: usize) -> String {
        const FRAMES: [char; 10] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
        const BAR: usize = 24;
        let frame = FRAMES[turn % FRAMES.len()];
        let done = BAR * self.at / self.of.max(1);
        let (done, left) = ("━".repeat(done), "─".repeat(BAR - done));
        let style = Style::new().for_stderr();
        let (done, left) = (style.clone().green().apply_to(done), style.dim().apply_to(left));
        let (name, words) = (&self.migration, self.words(self.since.elapsed().as_secs_f32()));
        let line = format!("{frame} {done}{left} {words}  {name}");
        truncate_str(&line, width.saturating_sub(1), "…").into_owned()
    }

    /// How far the migration is, when so many seconds of this statement are over.
    fn words(&self, seconds: f32) -> String {
        let Run { first, .. } = self.run;
        let first = first.unwrap_or(self.at);
        let pace = pace((self.at - first) as u64, (self.of - first) as u64, self.run.elapsed());
        let pace = pace.map(|it| format!("; {it}")).unwrap_or_default();
        format!("statement {} of {}, {seconds:.1} s{pace}", self.at + 1, self.of)
    }
}

/// A migration that runs.
#[derive(Debug, Clone, Copy)]
struct Run {
    begun: Instant,
    /// When something was said of it.
    said: Instant,
    /// The first of its statements: one that was done in part goes on.
    first: Option<usize>,
}

impl Run {
    fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }
}

/// The lines that stay.
#[derive(Debug)]
struct Lines {
    detail: Detail,
    run: Option<Run>,
}

impl Lines {
    fn of(&mut self, event: &Event<'_>) -> Vec<String> {
        match event {
            Event::Waiting { holder } => {
                let holder = holder.unwrap_or("it changes the same history");
                vec![format!("waiting for another process: {holder}")]
            }
            Event::AtStake { migration, stakes } => {
                stakes.iter().map(|it| format!("{}: at stake: {it}", migration.name)).collect()
            }
            Event::Started { migration, direction } => self.begin(migration, *direction),
            Event::Rebuilds { migration, table, rows } if *rows >= MANY_ROWS => {
                vec![format!("{}: builds `{table}` anew, with {rows} rows", migration.name)]
            }
            Event::Finished { migration, duration, .. } if *duration >= PATIENCE => {
                vec![format!("{}: done in {:.1} s", migration.name, duration.as_secs_f32())]
            }
            _ => Vec::new(),
        }
    }

    fn begin(&mut self, migration: &Migration, direction: Direction) -> Vec<String> {
        let now = Instant::now();
        self.run = Some(Run { begun: now, said: now, first: None });
        let mut lines = match direction {
            Direction::Up => about(migration, Stream::Err),
            Direction::Down => Vec::new(),
        };
        if self.detail == Detail::Sql {
            lines.extend(migration.script(direction).lines().map(str::to_owned));
        }
        lines
    }

    /// The statement that begins.
    fn step(&mut self, event: &Event<'_>) -> Option<Step> {
        let Event::Statement { migration, at, of, .. } = *event else { return None };
        let run = self.run.as_mut()?;
        run.first.get_or_insert(at);
        let (migration, since) = (migration.name.clone(), Instant::now());
        Some(Step { migration, at, of, since, run: *run })
    }

    /// Where nothing ticks, a line now and then.
    fn of_statement(&mut self, event: &Event<'_>) -> Option<String> {
        let step = self.step(event)?;
        let run = self.run.as_mut().filter(|it| it.said.elapsed() >= PATIENCE)?;
        run.said = Instant::now();
        Some(format!("{}: {}", step.migration, step.words(run.elapsed().as_secs_f32())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use metaxy_diesel::migration::Metadata;
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    /// What is written, for who looks on.
    #[derive(Clone, Default)]
    struct Screen(Arc<Mutex<Vec<u8>>>);

    impl Screen {
        fn text(&self) -> String {
            String::from_utf8_lossy(&self.0.lock().expect("nobody panics")).into_owned()
        }
    }

    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("nobody panics").extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_bar_has_one_line() {
        let now = Instant::now();
        let run = Run { begun: now, said: now, first: Some(0) };
        let migration = "2026-11-23-142308_initialize".to_owned();
        let step = Step { migration, at: 3, of: 4, since: now, run };
        for width in [0, 1, 20, 80, 200] {
            let picture = step.picture(0, width);
            assert!(console::measure_text_width(&picture) <= width.max(1), "{width}: {picture}");
        }
        assert!(step.picture(0, 200).ends_with(" left  2026-11-23-142308_initialize"));
    }

    #[test]
    fn the_time_goes_on_within_one_statement() {
        let metadata = Metadata { run_in_transaction: true, metaxy: None };
        let migration = &Migration::new("1_first", "SELECT 1;".to_owned(), None, metadata);
        let direction = Direction::Up;
        let screen = Screen::default();
        let lines = Lines { detail: Detail::Sql, run: None };
        let look = Look { patience: Duration::ZERO, tick: Duration::from_millis(1), width: || 80 };
        on_terminal(&mut screen.clone(), lines, look, |on_event| {
            on_event(Event::Waiting { holder: Some("process 7") });
            on_event(Event::Started { migration, direction });
            on_event(Event::Statement { migration, direction, at: 0, of: 4 });
            on_event(Event::Statement { migration, direction, at: 1, of: 4 });
            let start = Instant::now();
            let ticks = || screen.text().matches(" statement 2 of 4, ").count();
            while ticks() < 3 {
                assert!(start.elapsed() < Duration::from_secs(60), "{}", screen.text());
                thread::sleep(Duration::from_millis(5));
            }
            let duration = Duration::from_secs(2);
            on_event(Event::Finished { migration, direction, duration });
        });
        let text = screen.text();
        assert!(text.starts_with("\r\x1b[Kwaiting for another process: process 7\n"), "{text}");
        assert!(text.contains("\r\x1b[K1_first\n\r\x1b[KSELECT 1;\n"), "its SQL: {text}");
        assert!(text.contains(" ━━━━━━────────────────── statement 2 of 4, "), "a quarter: {text}");
        assert!(text.contains(" left"), "{text}");
        assert!(text.contains("\r\x1b[K1_first: done in 2.0 s\n"), "{text}");
        assert!(text.ends_with("\r\x1b[K"), "the line goes: {text}");
    }
}
