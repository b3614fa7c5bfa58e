//! How far a run is: lines for what is worth one, and on a terminal the time that the present statement takes.

use super::summary::about;
use metaxy_diesel::apply::{Direction, Event, OnEvent};
use std::{
    io::{self, IsTerminal, Write, stderr},
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

/// How long nothing has to be said of a migration.
const QUIET: Duration = Duration::from_secs(1);

/// How many rows make the copying of a table worth a line.
const MANY_ROWS: u64 = 10_000;

/// Between two pictures of the line on a terminal.
const TICK: Duration = Duration::from_millis(100);

/// Does something that tells what happens meanwhile. Lines of that, also on a terminal: what a migration said may be wanted later.
/// What is done is printed when it is done. Who wants it quiet is told nothing.
pub fn with_progress<T>(quiet: bool, body: impl FnOnce(OnEvent<'_>) -> T) -> T {
    if quiet {
        return body(&mut |_| {});
    }
    match stderr().is_terminal() {
        true => on_terminal(&mut stderr(), TICK, body),
        false => {
            let mut lines = Lines::default();
            body(&mut |event| {
                for line in lines.of(&event).into_iter().chain(lines.of_statement(&event)) {
                    eprintln!("{line}");
                }
            })
        }
    }
}

/// What a line is about while it is shown.
enum Shown {
    /// A statement, since now.
    Statement(String),
    /// A line that stays, and nothing any more.
    Line(String),
    /// Nothing any more.
    Nothing,
}

/// With one line at the end that says what is under way, and for how long. It goes when that is done.
fn on_terminal<T>(
    out: &mut (dyn Write + Send),
    tick: Duration,
    body: impl FnOnce(OnEvent<'_>) -> T,
) -> T {
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut now: Option<(String, Instant)> = None;
            let mut turn = 0;
            loop {
                match receiver.recv_timeout(tick) {
                    Ok(Shown::Statement(words)) => now = Some((words, Instant::now())),
                    Ok(Shown::Line(line)) => {
                        now = None;
                        _ = writeln!(out, "\r\x1b[K{line}");
                    }
                    Ok(Shown::Nothing) => {
                        now = None;
                        _ = write!(out, "\r\x1b[K");
                    }
                    Err(RecvTimeoutError::Timeout) => turn += 1,
                    Err(RecvTimeoutError::Disconnected) => break,
                }
                // It is of no matter where it cannot be shown.
                _ = now.as_ref().map_or(Ok(()), |(words, since)| draw(out, words, *since, turn));
            }
            _ = write!(out, "\r\x1b[K").and_then(|()| out.flush());
        });
        let mut lines = Lines::default();
        // It ends with the body, and the thread with it.
        let sender: Sender<Shown> = sender;
        body(&mut |event| {
            let mut shown: Vec<_> = lines.of(&event).into_iter().map(Shown::Line).collect();
            match &event {
                Event::Statement { migration, at, of, .. } => {
                    let words = format!("{}: statement {} of {of}", migration.name, at + 1);
                    shown.push(Shown::Statement(words));
                }
                Event::Finished { .. } => shown.push(Shown::Nothing),
                _ => {}
            }
            // The thread ends after this one only.
            shown.into_iter().for_each(|it| _ = sender.send(it));
        })
    })
}

/// A statement that takes no time is not shown.
fn draw(out: &mut dyn Write, words: &str, since: Instant, turn: usize) -> io::Result<()> {
    const FRAMES: [char; 10] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
    let elapsed = since.elapsed();
    if elapsed < TICK {
        return Ok(());
    }
    let frame = FRAMES[turn % FRAMES.len()];
    write!(out, "\r\x1b[K{frame} {words}, {:.1} s", elapsed.as_secs_f32())?;
    out.flush()
}

/// The lines that stay.
#[derive(Debug, Default)]
struct Lines {
    /// When a migration began, and when something was said of it.
    since: Option<(Instant, Instant)>,
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
            Event::Started { migration, direction: Direction::Up } => about(migration),
            Event::Rebuilds { migration, table, rows } if *rows >= MANY_ROWS => {
                vec![format!("{}: builds `{table}` anew, with {rows} rows", migration.name)]
            }
            Event::Finished { migration, duration, .. } if *duration >= QUIET => {
                vec![format!("{}: done in {:.1} s", migration.name, duration.as_secs_f32())]
            }
            _ => Vec::new(),
        }
    }

    /// Where nothing ticks, a line now and then.
    fn of_statement(&mut self, event: &Event<'_>) -> Option<String> {
        match event {
            Event::Started { .. } => {
                self.since = Some((Instant::now(), Instant::now()));
                None
            }
            Event::Statement { migration, at, of, .. } => {
                let (start, said) =
                    self.since.as_mut().filter(|(_, said)| said.elapsed() >= QUIET)?;
                *said = Instant::now();
                let seconds = start.elapsed().as_secs();
                Some(format!("{}: statement {} of {of}, {seconds} s", migration.name, at + 1))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use metaxy_diesel::migration::{Metadata, Migration};
    use std::sync::{Arc, Mutex};

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
    fn the_time_goes_on_within_one_statement() {
        let metadata = Metadata { run_in_transaction: true, metaxy: None };
        let migration = &Migration::new("1_first", "SELECT 1;".to_owned(), None, metadata);
        let direction = Direction::Up;
        let screen = Screen::default();
        on_terminal(&mut screen.clone(), Duration::from_millis(1), |on_event| {
            on_event(Event::Waiting { holder: Some("process 7") });
            on_event(Event::Started { migration, direction });
            on_event(Event::Statement { migration, direction, at: 1, of: 3 });
            let start = Instant::now();
            let ticks = || screen.text().matches("1_first: statement 2 of 3, ").count();
            while ticks() < 3 {
                assert!(start.elapsed() < Duration::from_secs(60), "{}", screen.text());
                thread::sleep(Duration::from_millis(5));
            }
            let duration = Duration::from_secs(2);
            on_event(Event::Finished { migration, direction, duration });
        });
        let text = screen.text();
        assert!(text.starts_with("\r\x1b[Kwaiting for another process: process 7\n"), "{text}");
        assert!(text.contains("\r\x1b[K1_first: done in 2.0 s\n"), "{text}");
        assert!(text.ends_with("\r\x1b[K"), "the line goes: {text}");
    }
}
