//! Times of processes.

use super::Result;
use crate::compile_cost::processor_time;
use std::{
    fmt, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::{Duration, Instant},
};

const ROUNDS: usize = 5;

/// A process to be measured.
pub struct Call {
    pub command: Command,
    /// A directory that is emptied before each run.
    pub fresh: Option<PathBuf>,
    /// Whether it did what it should, by what it printed and wrote into that directory.
    pub check: fn(&Output, Option<&Path>) -> bool,
}

/// The medians of several runs.
pub struct Times {
    wall: Duration,
    /// Of the process itself, not of a server.
    processor: Duration,
}

/// Runs all calls in turn, several times: what else the machine does disturbs all of them.
pub fn measure(mut calls: Vec<[Call; 2]>) -> Result<Vec<[Times; 2]>> {
    let mut runs: Vec<[Vec<(Duration, Duration)>; 2]> = vec![Default::default(); calls.len()];
    for _ in 0..ROUNDS {
        for (calls, runs) in calls.iter_mut().zip(&mut runs) {
            for (call, runs) in calls.iter_mut().zip(runs) {
                runs.push(call.run()?);
            }
        }
    }
    Ok(runs.into_iter().map(|runs| runs.map(Times::of)).collect())
}

impl Call {
    pub fn run(&mut self) -> Result<(Duration, Duration)> {
        if let Some(fresh) = &self.fresh {
            if fresh.exists() {
                fs::remove_dir_all(fresh)?;
            }
            fs::create_dir_all(fresh)?;
        }
        let (start, processor) = (Instant::now(), processor_time()?);
        let output = self.command.output()?;
        let times = (start.elapsed(), processor_time()? - processor);
        match (self.check)(&output, self.fresh.as_deref()) {
            true => Ok(times),
            false => {
                let text = |bytes: &[u8]| {
                    let text = String::from_utf8_lossy(bytes);
                    text.lines().take(20).collect::<Vec<_>>().join("\n")
                };
                let (out, err) = (text(&output.stdout), text(&output.stderr));
                Err(format!("{:?} did something else:\n{out}\n{err}", self.command).into())
            }
        }
    }
}

impl Times {
    fn of(runs: Vec<(Duration, Duration)>) -> Self {
        let median = |mut times: Vec<Duration>| {
            times.sort();
            times[times.len() / 2]
        };
        let (wall, processor) = runs.into_iter().unzip();
        Self { wall: median(wall), processor: median(processor) }
    }

    /// How many times the time of another.
    pub fn over(&self, other: &Self) -> f64 {
        self.wall.as_secs_f64() / other.wall.as_secs_f64()
    }
}

impl fmt::Display for Times {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (wall, processor) = (self.wall.as_secs_f64(), self.processor.as_secs_f64());
        out.pad(&format!("{wall:.2} s ({processor:.2} CPU)"))
    }
}
