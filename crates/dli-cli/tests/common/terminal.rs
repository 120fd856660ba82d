//! The program on a pseudo-terminal, as a person sees it.

use std::io::{Read as _, Write as _};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// Nothing takes so long; it only ends tests that would never end.
const NEVER: Duration = Duration::from_secs(120);
const ROWS: u16 = 60;

/// A terminal with a program in it.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn std::io::Write + Send>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    master: Box<dyn MasterPty + Send>,
}

/// What came out of the program so far.
struct Seen {
    parser: vt100::Parser,
    raw: Vec<u8>,
    ended: bool,
}

/// What a program left behind.
pub struct Left {
    pub code: u32,
    /// What the screen shows, as it is read.
    pub text: String,
    /// What was sent to the terminal.
    pub raw: String,
    pub screen: vt100::Screen,
}

impl Terminal {
    /// Runs a command on a terminal of so many columns.
    pub fn start(command: &Command, columns: u16) -> Self {
        let size = PtySize { rows: ROWS, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut builder = CommandBuilder::new(command.get_program());
        builder.args(command.get_args());
        builder.env_clear();
        builder.env("TERM", "xterm-256color");
        for (name, value) in command.get_envs() {
            builder.env(name, value.unwrap_or_default());
        }
        builder.cwd(command.get_current_dir().unwrap());
        let child = pair.slave.spawn_command(builder).unwrap();
        // The end of the program shall be the end of what can be read.
        drop(pair.slave);
        let parser = vt100::Parser::new(ROWS, columns, 0);
        let seen = Seen { parser, raw: Vec::new(), ended: false };
        let seen = Arc::new((Mutex::new(seen), Condvar::new()));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                // When nobody holds the other end, some systems give an error.
                let count = reader.read(&mut buffer).unwrap_or(0);
                let mut seen = shared.0.lock().unwrap();
                seen.parser.process(&buffer[..count]);
                seen.raw.extend(&buffer[..count]);
                seen.ended = count == 0;
                shared.1.notify_all();
                if count == 0 {
                    return;
                }
            }
        });
        let keyboard = pair.master.take_writer().unwrap();
        Self { child, keyboard, seen, master: pair.master }
    }

    /// Types something.
    pub fn type_in(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Whether the terminal echoes what is typed, as the program set it.
    pub fn shows_what_is_typed(&self) -> bool {
        const ECHO: u64 = 8;
        let modes = self.master.get_termios().expect("a terminal");
        u64::from(modes.local_flags.bits()) & ECHO != 0
    }

    /// Waits until the screen shows a text.
    #[track_caller]
    pub fn wait_for(&self, text: &str) {
        self.wait_until(text, |screen| screen.contains(text));
    }

    /// Waits until the screen is as it should be.
    #[track_caller]
    pub fn wait_until(&self, what: &str, right: impl Fn(&str) -> bool) {
        let (lock, changed) = &*self.seen;
        let shows = |seen: &Seen| right(&seen.parser.screen().contents());
        let guard = lock.lock().unwrap();
        let waiting = |seen: &mut Seen| !seen.ended && !shows(seen);
        let (seen, _) = changed.wait_timeout_while(guard, NEVER, waiting).unwrap();
        let text = seen.parser.screen().contents();
        let said = shows(&seen);
        drop(seen);
        assert!(said, "the screen never showed {what}:\n{text}");
    }

    /// Waits for the end of the program.
    #[track_caller]
    pub fn finish(mut self) -> Left {
        let (lock, changed) = &*self.seen;
        let guard = lock.lock().unwrap();
        let (seen, late) = changed.wait_timeout_while(guard, NEVER, |seen| !seen.ended).unwrap();
        let screen = seen.parser.screen().clone();
        let raw = String::from_utf8_lossy(&seen.raw).into_owned();
        drop(seen);
        let text = screen.contents();
        if late.timed_out() {
            let _ = self.child.kill();
            panic!("the program did not end:\n{text}");
        }
        let code = self.child.wait().unwrap().exit_code();
        Left { code, text, raw, screen }
    }
}

impl Left {
    /// The lines that were too long for the terminal.
    pub fn broken_lines(&self) -> Vec<String> {
        let (rows, columns) = self.screen.size();
        let lines: Vec<String> = self.screen.rows(0, columns).collect();
        let broken = (0..rows).filter(|row| self.screen.row_wrapped(*row));
        broken.map(|row| lines[usize::from(row)].clone()).collect()
    }

    /// The colour of the first letter of a text on the screen.
    pub fn colour_of(&self, text: &str) -> vt100::Color {
        let (_, columns) = self.screen.size();
        let mut lines = self.screen.rows(0, columns).enumerate();
        let place = lines.find_map(|(row, line)| Some((row, line.find(text)?)));
        let (row, column) = place.unwrap_or_else(|| panic!("no {text} in\n{}", self.text));
        let cell = self.screen.cell(row.try_into().unwrap(), column.try_into().unwrap());
        cell.unwrap().fgcolor()
    }
}
