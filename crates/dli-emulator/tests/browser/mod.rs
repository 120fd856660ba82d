//! A headless Chromium, driven by the DevTools protocol.

use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

/// Names of browsers that understand the protocol; the variable `DLI_TEST_BROWSER` names another.
const NAMES: [&str; 6] = [
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
];

/// Far longer than anything takes, so that a defect ends the test and load does not.
const PATIENCE: Duration = Duration::from_secs(120);

/// The browser to use. Where there is none, the test says so and is left out; in CI it fails.
pub fn find() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("DLI_TEST_BROWSER") {
        return Some(named.into());
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = NAMES.iter().find_map(|name| {
        std::env::split_paths(&folders).map(|f| f.join(name)).find(|f| f.is_file())
    });
    if found.is_none() {
        assert!(
            std::env::var_os("CI").is_none(),
            "no Chromium; the stage `tools` of CI installs it"
        );
        left_out(&format!("no Chromium, that is none of {NAMES:?}, and no DLI_TEST_BROWSER"));
    }
    found
}

/// Says why a test is left out, to `cargo xtask ci` as well.
fn left_out(why: &str) {
    println!("skipped: {why}");
    if let Some(list) = std::env::var_os("DLI_SKIPPED_TESTS") {
        let mut list = std::fs::File::options().create(true).append(true).open(list).unwrap();
        list.write_all(format!("{why}\n").as_bytes()).unwrap();
    }
}

/// A browser with one page.
pub struct Browser {
    process: Child,
    socket: WebSocket<TcpStream>,
    session: String,
    last_id: u64,
    /// What the page did that a page of text does not do: dialogs, errors, violated policies.
    pub incidents: Vec<String>,
    loaded: bool,
    _profile: tempfile::TempDir,
}

impl Browser {
    pub fn start(program: &Path) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut process = Command::new(program)
            .args([
                "--headless",
                "--remote-debugging-port=0",
                "--no-first-run",
                "--hide-scrollbars",
            ])
            // The pages are the emulator's own, and root has no sandbox.
            .args(["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", program.display()));
        let mut said = BufReader::new(process.stderr.take().unwrap());
        let mut all = String::new();
        let url = loop {
            let mut line = String::new();
            if said.read_line(&mut line).unwrap_or(0) == 0 {
                let _ = process.kill();
                panic!("{} ended before it listened: {all}", program.display());
            }
            if let Some(url) = line.trim().strip_prefix("DevTools listening on ") {
                break url.to_owned();
            }
            all.push_str(&line);
        };
        // What it says later is read to its end, or it would wait for a reader.
        std::thread::spawn(move || said.lines().for_each(drop));
        let address = url.trim_start_matches("ws://").split('/').next().unwrap();
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let (socket, _) = tungstenite::client(&url, stream).unwrap();
        let mut browser = Self {
            process,
            socket,
            session: String::new(),
            last_id: 0,
            incidents: Vec::new(),
            loaded: false,
            _profile: profile,
        };
        let target = browser.command("Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = browser.command("Target.attachToTarget", attach);
        browser.session = attached["sessionId"].as_str().unwrap().to_owned();
        for domain in ["Page", "Runtime", "Log"] {
            browser.command(&format!("{domain}.enable"), json!({}));
        }
        browser
    }

    /// Lets scripts of the page run in spite of its policy, so that only escaping holds them off.
    pub fn bypass_policy(&mut self) {
        self.command("Page.setBypassCSP", json!({ "enabled": true }));
    }

    /// The size of the window, and whether it is dark.
    pub fn window(&mut self, width: u32, dark: bool) {
        let size =
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.command("Emulation.setDeviceMetricsOverride", size);
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.command("Emulation.setEmulatedMedia", media);
    }

    /// Opens a page and waits until it is there.
    pub fn open(&mut self, url: &str) {
        self.loaded = false;
        let opened = self.command("Page.navigate", json!({ "url": url }));
        assert!(opened["errorText"].is_null(), "{url}: {opened}");
        let start = Instant::now();
        while !self.loaded {
            assert!(start.elapsed() < PATIENCE, "{url} is not loaded after {PATIENCE:?}");
            let message = self.read();
            self.event(&message);
        }
    }

    /// The value of an expression within the page.
    pub fn value(&mut self, expression: &str) -> Value {
        let question =
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let answer = self.command("Runtime.evaluate", question);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// The whole page as a picture (PNG).
    pub fn picture(&mut self) -> Vec<u8> {
        let how = json!({ "format": "png", "captureBeyondViewport": true });
        let picture = self.command("Page.captureScreenshot", how);
        base64::engine::general_purpose::STANDARD.decode(picture["data"].as_str().unwrap()).unwrap()
    }

    fn command(&mut self, method: &str, parameters: Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        self.send(id, method, &parameters);
        loop {
            let message = self.read();
            if message["id"] == id {
                assert!(message["error"].is_null(), "{method}: {message}");
                return message["result"].clone();
            }
            self.event(&message);
        }
    }

    fn send(&mut self, id: u64, method: &str, parameters: &Value) {
        let mut command = json!({ "id": id, "method": method, "params": parameters });
        if !self.session.is_empty() {
            command["sessionId"] = json!(self.session);
        }
        self.socket.send(Message::text(command.to_string())).unwrap();
    }

    fn read(&mut self) -> Value {
        loop {
            match self.socket.read() {
                Ok(Message::Text(text)) => return serde_json::from_str(&text).unwrap(),
                Ok(_) => {}
                Err(tungstenite::Error::Io(error)) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => panic!("the browser went away or says nothing: {error}"),
            }
        }
    }

    fn event(&mut self, message: &Value) {
        let parameters = &message["params"];
        match message["method"].as_str().unwrap_or_default() {
            "Page.loadEventFired" => self.loaded = true,
            "Page.javascriptDialogOpening" => {
                self.incidents.push(format!("a dialog: {parameters}"));
                self.last_id += 1;
                let id = self.last_id;
                self.send(id, "Page.handleJavaScriptDialog", &json!({ "accept": true }));
            }
            "Runtime.exceptionThrown" | "Runtime.consoleAPICalled" => {
                self.incidents.push(format!("a script: {parameters}"));
            }
            "Log.entryAdded" => self.incidents.push(format!("a complaint: {parameters}")),
            _ => {}
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The program may be a script that starts the browser, which would outlive it.
        let close = json!({ "id": self.last_id + 1, "method": "Browser.close" });
        let _ = self.socket.send(Message::text(close.to_string()));
        let _ = self.socket.get_ref().set_read_timeout(Some(Duration::from_secs(10)));
        while self.socket.read().is_ok() {}
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
