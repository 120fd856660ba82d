//! CSV as Spark writes it, read piece by piece: fields in double quotes, a backslash before a
//! quote or a backslash inside them, two quotes for one as well, nothing at all for null and
//! `""` for the empty text.

/// A record: a field is `None` where nothing was written.
pub(crate) type Record = Vec<Option<String>>;

/// Turns bytes into records, however the bytes are cut.
#[derive(Debug)]
pub(crate) struct Reader {
    /// The memory that one record may take, and what the present one takes.
    limit: usize,
    taken: usize,
    record: Record,
    field: Vec<u8>,
    quoted: bool,
    state: State,
    begun: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum State {
    /// Before or in a field without quotes.
    #[default]
    Plain,
    /// Between the quotes.
    Quoted,
    /// After a backslash between the quotes.
    Escaped,
    /// After a quote between the quotes: the end, or the first of two.
    Quote,
}

impl Reader {
    /// A reader of records that take up to `limit` bytes each.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            taken: 0,
            record: Record::new(),
            field: Vec::new(),
            quoted: false,
            state: State::Plain,
            begun: false,
        }
    }

    /// Takes the next bytes, gives the records that end in them.
    ///
    /// # Errors
    /// When a field is not UTF-8, or a record too long.
    pub fn push(&mut self, bytes: &[u8], records: &mut Vec<Record>) -> Result<(), String> {
        for &byte in bytes {
            self.take(byte, records)?;
        }
        if self.taken + self.field.len() > self.limit {
            return Err(format!("a row is longer than the {} bytes the client reads", self.limit));
        }
        Ok(())
    }

    /// Ends the input.
    ///
    /// # Errors
    /// When it ends inside quotes, which means that it was cut.
    pub fn finish(&mut self, records: &mut Vec<Record>) -> Result<(), String> {
        if matches!(self.state, State::Quoted | State::Escaped) {
            return Err("the file ends inside quotes; it is cut off".to_owned());
        }
        if self.begun {
            self.end_record(records)?;
        }
        Ok(())
    }

    fn take(&mut self, byte: u8, records: &mut Vec<Record>) -> Result<(), String> {
        match (self.state, byte) {
            (State::Quoted, b'\\') => self.state = State::Escaped,
            (State::Quoted, b'"') => self.state = State::Quote,
            (State::Quoted, other) => self.field.push(other),
            (State::Escaped, other) => {
                if !matches!(other, b'"' | b'\\') {
                    self.field.push(b'\\');
                }
                self.field.push(other);
                self.state = State::Quoted;
            }
            (State::Quote, b'"') => {
                self.field.push(b'"');
                self.state = State::Quoted;
            }
            (_, b',') => {
                self.begun = true;
                self.end_field()?;
            }
            (_, b'\n') => {
                // A line without anything is one field that is null.
                self.end_record(records)?;
            }
            (_, b'\r') => {}
            (State::Plain, b'"') if self.field.is_empty() && !self.quoted => {
                self.begun = true;
                self.quoted = true;
                self.state = State::Quoted;
            }
            (_, other) => {
                self.begun = true;
                self.state = State::Plain;
                self.field.push(other);
            }
        }
        Ok(())
    }

    fn end_field(&mut self) -> Result<(), String> {
        let bytes = std::mem::take(&mut self.field);
        self.taken += bytes.len() + size_of::<Option<String>>();
        let quoted = std::mem::take(&mut self.quoted);
        self.state = State::Plain;
        self.record.push(if bytes.is_empty() && !quoted {
            None
        } else {
            Some(String::from_utf8(bytes).map_err(|_| "a field is not UTF-8".to_owned())?)
        });
        Ok(())
    }

    fn end_record(&mut self, records: &mut Vec<Record>) -> Result<(), String> {
        self.end_field()?;
        self.begun = false;
        self.taken = 0;
        records.push(std::mem::take(&mut self.record));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, piece: usize) -> Vec<Record> {
        let mut reader = Reader::new(1 << 20);
        let mut records = Vec::new();
        for chunk in text.as_bytes().chunks(piece) {
            reader.push(chunk, &mut records).unwrap();
        }
        reader.finish(&mut records).unwrap();
        records
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn records_are_the_same_however_the_bytes_are_cut() {
        let text = "a,\"b,\"\"c\"\"\",\"d\ne\"\r\n,\"\",\"\\\"q\\\" \\\\ x\"\nüß,2,";
        let expected = vec![
            vec![some("a"), some("b,\"c\""), some("d\ne")],
            vec![None, some(""), some("\"q\" \\ x")],
            vec![some("üß"), some("2"), None],
        ];
        for piece in 1..text.len() {
            assert_eq!(read(text, piece), expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn an_empty_line_is_a_null() {
        assert_eq!(read("a\n\nb\n", 2), [vec![some("a")], vec![None], vec![some("b")]]);
        assert!(read("", 1).is_empty());
    }

    #[test]
    fn a_record_without_end_is_refused_at_the_limit() {
        for (start, piece) in
            [(&b""[..], b"aaaaaaaa"), (b"\"", b"\n\n\n\n\n\n\n\n"), (b"", b",,,,,,,,")]
        {
            let mut reader = Reader::new(10_000);
            let mut records = Vec::new();
            reader.push(start, &mut records).unwrap();
            let taken = (0..100_000).take_while(|_| reader.push(piece, &mut records).is_ok());
            assert!((10..2_000).contains(&taken.count()), "{piece:?}");
        }
        let mut reader = Reader::new(100);
        let mut records = Vec::new();
        for _ in 0..1_000 {
            reader.push(b"a,b\n", &mut records).unwrap();
        }
        assert_eq!(records.len(), 1_000);
    }

    #[test]
    fn a_file_that_ends_inside_quotes_is_cut_off() {
        let mut reader = Reader::new(1 << 20);
        let mut records = Vec::new();
        reader.push(b"1,\"half a te", &mut records).unwrap();
        assert!(reader.finish(&mut records).is_err());
    }
}
