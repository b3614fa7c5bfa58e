//! Throwaway database servers for tests: one file per kind, and [`KINDS`] lists them.
//!
//! Each server has a keeper: a shell script that makes a directory, starts the server in it, says where it is, waits
//! until its standard input closes, stops the server by its own pid, and removes the directory. The pipe closes when
//! we drop it, and also when we panic, are interrupted or killed: no end of ours leaves a server behind.

mod mariadb;
mod mysql;
mod postgres;

use crate::Result;
use std::{
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

/// How long a server may take to start.
const START_LIMIT: Duration = Duration::from_secs(120);

/// All kinds of server that the tests use.
const KINDS: &[&Kind] = &[&postgres::KIND, &mariadb::KIND, &mysql::KIND];

/// A kind of database server.
struct Kind {
    /// Its name, for people.
    name: &'static str,
    /// The environment variable that tells the tests its URL.
    variable: &'static str,
    /// The directory with its programs, installed where they are missing.
    programs: fn() -> Result<PathBuf>,
    /// The user that it runs as where we are root, if there is one; else `nobody`.
    user: &'static str,
    /// Whether nothing is tested where there is none.
    is_needed: bool,
    /// The keeper's script: `$1` is the directory of programs, the first line that it prints is the URL.
    keeper: &'static str,
}

/// Running servers. Dropping them stops them.
pub struct Servers(Vec<Server>);

struct Server {
    variable: &'static str,
    url: String,
    keeper: Child,
}

impl Servers {
    /// Starts one server of each kind. Says so where one that is not needed cannot be had.
    pub fn start() -> Result<Self> {
        let mut servers = Vec::new();
        for kind in KINDS {
            match start(kind) {
                Ok(server) => servers.push(server),
                Err(error) if kind.is_needed => return Err(error),
                Err(error) => eprintln!("xtask: {} IS NOT TESTED: {error}", kind.name),
            }
        }
        Ok(Self(servers))
    }

    /// The environment variables that tell the tests where the servers are.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        self.0.iter().map(|server| (server.variable, server.url.clone())).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        if let Err(error) = self.keeper.wait() {
            eprintln!("xtask: could not wait for a test server to stop: {error}");
        }
    }
}

fn start(kind: &Kind) -> Result<Server> {
    let programs = (kind.programs)()?;
    let mut command = Command::new("sh");
    command.args(["-euc", kind.keeper, "keeper"]).arg(programs);
    // Ctrl-C reaches the whole process group of the terminal: the keeper must outlive it to clean up.
    command.process_group(0).current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped());
    if user_id("-u", None)? == 0 {
        let user = if user_id("-u", Some(kind.user)).is_ok() { kind.user } else { "nobody" };
        command.gid(user_id("-g", Some(user))?).uid(user_id("-u", Some(user))?);
    }
    let mut keeper = command.spawn()?;
    let output = keeper.stdout.take().expect("stdout is piped");
    let mut server = Server { variable: kind.variable, url: String::new(), keeper };

    let (sender, url) = mpsc::channel();
    thread::spawn(move || {
        let line = BufReader::new(output).lines().next();
        // Nobody listens any more after the time limit.
        _ = sender.send(line);
    });
    match url.recv_timeout(START_LIMIT) {
        Ok(Some(Ok(url))) => server.url = url,
        Ok(_) => return Err(format!("{} did not start: see its log above", kind.name).into()),
        Err(_) => {
            server.keeper.kill()?;
            return Err(format!("{} did not start within {START_LIMIT:?}", kind.name).into());
        }
    }
    Ok(server)
}

/// The id of a user or of its group (`-u`, `-g`), by default of our own.
fn user_id(flag: &str, user: Option<&str>) -> Result<u32> {
    let output = Command::new("id").arg(flag).args(user).output()?;
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}
