//! An answer that the terminal does not show.

use std::io;

/// Asks for a line that is not shown. What is typed before the question is there is not shown
/// either.
///
/// # Errors
/// `Interrupted` after Ctrl-C; the terminal is as it was before.
#[cfg(unix)]
pub fn read(ask: impl FnOnce()) -> io::Result<String> {
    use std::io::Read as _;

    let _unseen = Unseen::new()?;
    ask();
    let mut line = Vec::new();
    for byte in io::stdin().lock().bytes() {
        match byte? {
            b'\n' => break,
            CTRL_C => return Err(io::ErrorKind::Interrupted.into()),
            byte => line.push(byte),
        }
    }
    String::from_utf8(line).map_err(|_| io::ErrorKind::InvalidData.into())
}

#[cfg(unix)]
const CTRL_C: u8 = 3;

/// As long as this lives, the terminal shows nothing of what is typed.
#[cfg(unix)]
struct Unseen {
    before: rustix::termios::Termios,
}

#[cfg(unix)]
impl Unseen {
    fn new() -> io::Result<Self> {
        use rustix::termios::{
            LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr,
        };

        let before = tcgetattr(rustix::stdio::stdin())?;
        let mut modes = before.clone();
        // Ctrl-C would end the program and leave the terminal so. It ends the line in its place.
        modes.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ISIG;
        modes.special_codes[SpecialCodeIndex::VEOL] = CTRL_C;
        tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &modes)?;
        Ok(Self { before })
    }
}

#[cfg(unix)]
impl Drop for Unseen {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};

        let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &self.before);
        // The one that was typed was not shown.
        crate::output::eprint_line("");
    }
}

/// Asks for a line that is not shown.
#[cfg(not(unix))]
pub fn read(ask: impl FnOnce()) -> io::Result<String> {
    ask();
    rpassword::read_password()
}
