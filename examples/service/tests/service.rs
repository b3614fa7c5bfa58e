//! The example, as it is started: on a machine that has no migrations, any number at once.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

const LIMIT: Duration = Duration::from_secs(120);

fn command(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_service"));
    command.current_dir(directory).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env("SERVICE_DATABASE", directory.join("service.db"));
    // The system gives it a port that is free.
    command.env("SERVICE_ADDRESS", "127.0.0.1:0");
    command
}

/// What `--check` prints, and whether it is content.
fn check(directory: &Path) -> (bool, String) {
    let output = command(directory).arg("--check").output().expect("it starts");
    let text = [output.stdout, output.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
    (output.status.success(), text.concat())
}

/// A service that runs until this is dropped.
struct Service {
    process: Child,
    /// What it printed before it listened.
    said: String,
    address: String,
}

impl Service {
    fn start(directory: &Path, args: &[&str]) -> Self {
        let process = command(directory).args(args).spawn().expect("it starts");
        let mut service = Self { process, said: String::new(), address: String::new() };
        let stdout = service.process.stdout.take().expect("it is piped");
        for line in BufReader::new(stdout).lines() {
            let line = line.expect("it can be read");
            if let Some(address) = line.strip_prefix("listening on ") {
                service.address = address.to_owned();
                return service;
            }
            service.said += &format!("{line}\n");
        }
        let mut error = String::new();
        let stderr = service.process.stderr.take().expect("it is piped");
        BufReader::new(stderr).read_to_string(&mut error).expect("it can be read");
        panic!("it ended:\n{}{error}", service.said);
    }

    /// The status and the text that it answers with.
    fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(LIMIT)).expect("the limit is not zero");
        let request = format!("GET {path} HTTP/1.1\r\nHost: service\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("it listens");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).and_then(|it| it.parse().ok());
        (status.expect("a status"), body.to_owned())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

#[test]
fn it_brings_its_database_up_to_date_once() {
    let folder = tempfile::tempdir().expect("a directory can be made");
    let (fine, said) = check(folder.path());
    assert!(!fine && said.contains("dev:system") && said.contains("_initialize"), "{said}");

    let services: Vec<_> = thread::scope(|scope| {
        let start = || Service::start(folder.path(), &[]);
        let threads: Vec<_> = (0..5).map(|_| scope.spawn(start)).collect();
        threads.into_iter().map(|it| it.join().expect("it starts")).collect()
    });
    let said: String = services.iter().map(|it| it.said.as_str()).collect();
    assert_eq!(said.matches("applied dev:system ").count(), 1, "{said}");
    assert_eq!(said.matches("applied dev:features ").count(), 1, "{said}");
    assert_eq!(check(folder.path()), (true, "all migrations are applied\n".to_owned()));
    for service in &services {
        assert_eq!(service.get("/health"), (200, "all migrations are applied\n".to_owned()));
        assert_eq!(service.get("/photos"), (200, String::new()));
    }
}

#[test]
fn its_health_is_what_is_pending() {
    let folder = tempfile::tempdir().expect("a directory can be made");
    let waits = Service::start(folder.path(), &["--no-migrate"]);
    let (status, said) = waits.get("/health");
    assert_eq!(status, 503);
    assert!(said.starts_with("dev:system: 1 migration is not applied: "), "{said}");
    assert_eq!(waits.get("/photos").0, 503);

    // More requests at once than the pool has connections, while another process migrates.
    thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| assert!([200, 503].contains(&waits.get("/health").0)));
        }
        Service::start(folder.path(), &[]);
    });
    assert_eq!(waits.get("/health"), (200, "all migrations are applied\n".to_owned()));
    assert_eq!(waits.get("/photos"), (200, String::new()));
}
