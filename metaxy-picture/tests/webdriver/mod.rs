//! As much of a WebDriver client as the tests need (<https://www.w3.org/TR/webdriver2/>).

use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    panic,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// A Chromium without a window, and its driver; both end when it is dropped.
pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
}

/// Keys without a character.
#[derive(Clone, Copy)]
pub enum Key {
    Left,
    Right,
    Down,
    Enter,
    Escape,
}

const TIMEOUT: Duration = Duration::from_secs(60);

impl Browser {
    pub fn start() -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the tests of pages need chromedriver (Debian: chromium chromium-driver)");
        let output = BufReader::new(driver.stdout.take().expect("it is piped"));
        let port = output.lines().map_while(Result::ok).find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        });
        let port = port.expect("chromedriver says its port");
        let mut browser = Self { driver, port, session: String::new() };
        // Without a sandbox, since tests may run as root.
        let args = ["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1400,900"];
        let always = json!({
            "goog:chromeOptions": { "args": args },
            "goog:loggingPrefs": { "browser": "SEVERE" },
        });
        let answer =
            browser.post("/session", &json!({ "capabilities": { "alwaysMatch": always } }));
        let session = answer["sessionId"].as_str().expect("a session has an id");
        browser.session = format!("/session/{session}");
        browser
    }

    pub fn open(&self, url: &str) {
        self.post(&format!("{}/url", self.session), &json!({ "url": url }));
    }

    /// Runs a script, and gives what it returns.
    pub fn run(&self, script: &str) -> Value {
        self.post(
            &format!("{}/execute/sync", self.session),
            &json!({ "script": script, "args": [] }),
        )
    }

    /// Waits until an expression is true.
    pub fn wait(&self, expression: &str) {
        let start = Instant::now();
        while self.run(&format!("return Boolean({expression})")) != json!(true) {
            assert!(start.elapsed() < TIMEOUT, "`{expression}` did not become true");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Clicks the middle of an element with the mouse.
    pub fn click(&self, selector: &str) {
        let element = self.post(
            &format!("{}/element", self.session),
            &json!({ "using": "css selector", "value": selector }),
        );
        let moved =
            json!({ "type": "pointerMove", "duration": 0, "origin": element, "x": 0, "y": 0 });
        let press = json!({ "type": "pointerDown", "button": 0 });
        let release = json!({ "type": "pointerUp", "button": 0 });
        self.act(&json!({ "type": "pointer", "id": "mouse", "actions": [moved, press, release] }));
    }

    pub fn press(&self, keys: &[Key]) {
        // The code points of the specification, section 17.4.2.
        let text = keys.iter().map(|key| match key {
            Key::Left => '\u{e012}',
            Key::Right => '\u{e014}',
            Key::Down => '\u{e015}',
            Key::Enter => '\u{e007}',
            Key::Escape => '\u{e00c}',
        });
        self.press_text(&text.collect::<String>());
    }

    pub fn press_text(&self, text: &str) {
        let keys = text.chars().flat_map(|key| {
            ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key.to_string() }))
        });
        self.act(&json!({ "type": "key", "id": "keys", "actions": keys.collect::<Vec<_>>() }));
    }

    /// What the page complained of so far.
    pub fn errors(&self) -> Vec<String> {
        let log = self.post(&format!("{}/se/log", self.session), &json!({ "type": "browser" }));
        log.as_array().into_iter().flatten().map(|it| it["message"].to_string()).collect()
    }

    fn act(&self, actions: &Value) {
        self.post(&format!("{}/actions", self.session), &json!({ "actions": [actions] }));
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.request("POST", path, &body.to_string());
        assert_eq!(status, 200, "{path}: {answer}");
        answer["value"].clone()
    }

    fn request(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let mut stream =
            TcpStream::connect(("127.0.0.1", self.port)).expect("chromedriver listens");
        stream.set_read_timeout(Some(TIMEOUT)).expect("it is longer than nothing");
        let head = "Host: localhost\r\nContent-Type: application/json\r\nConnection: close";
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\n{head}\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .expect("chromedriver reads");
        let mut reader = BufReader::new(stream);
        let mut line = || {
            let mut line = String::new();
            reader.read_line(&mut line).expect("chromedriver answers");
            line.trim_end().to_owned()
        };
        let status =
            line().split(' ').nth(1).and_then(|it| it.parse().ok()).expect("HTTP has a status");
        let mut length = 0;
        loop {
            let line = line().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length is a number");
            }
        }
        let mut answer = vec![0; length];
        reader.read_exact(&mut answer).expect("the answer is as long as it says");
        (status, serde_json::from_slice(&answer).expect("chromedriver answers in JSON"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Ends Chromium, also where a test failed.
        let end = || self.request("DELETE", &self.session, "");
        panic::catch_unwind(panic::AssertUnwindSafe(end)).ok();
        self.driver.kill().ok();
        self.driver.wait().ok();
    }
}
