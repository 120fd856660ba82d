//! From the text of a job to its statement.

use datafusion::sql::sqlparser::ast::Query;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan};

use super::dialect::ServiceDialect;
use super::failure::{of_parser, refused, syntax};
use super::statement::{Change, NewTable, PartitionSpec, Show, Source, Statement, TableName};
use super::tokens::tokens;
use super::types::{self, Column};
use crate::engine::SqlFailure;

/// First words of statements that the service has and this engine does not.
const ELSEWHERE: [(&[&str], &str); 19] = [
    (&["UPDATE"], "UPDATE"),
    (&["DELETE"], "DELETE"),
    (&["MERGE"], "MERGE"),
    (&["LOAD"], "LOAD DATA"),
    (&["GRANT"], "GRANT"),
    (&["REVOKE"], "REVOKE"),
    (&["CACHE"], "CACHE TABLE"),
    (&["UNCACHE"], "UNCACHE TABLE"),
    (&["ANALYZE"], "ANALYZE TABLE"),
    (&["REFRESH"], "REFRESH"),
    (&["RESTORE"], "RESTORE TABLE"),
    (&["SET"], "SET (settings go with the job)"),
    (&["CREATE", "FUNCTION"], "CREATE FUNCTION"),
    (&["CREATE", "TEMPORARY"], "CREATE TEMPORARY"),
    (
        &["CREATE", "EXTERNAL"],
        "CREATE EXTERNAL TABLE (CREATE TABLE … USING … OPTIONS (path …) makes one)",
    ),
    (&["DROP", "FUNCTION"], "DROP FUNCTION"),
    (&["DESCRIBE", "FUNCTION"], "DESCRIBE FUNCTION"),
    (&["INSERT", "OVERWRITE", "DIRECTORY"], "INSERT OVERWRITE DIRECTORY"),
    (&["FROM"], "a statement that begins with FROM"),
];

/// Reads the one statement that a job has.
pub(super) fn parse(text: &str) -> Result<Statement, SqlFailure> {
    let mut reader = Reader { text, parser: parser(tokens(text)?) };
    let statement = reader.statement().map_err(|problem| match problem {
        Problem::Syntax(error) => of_parser(error),
        Problem::Other(failure) => failure,
    })?;
    while reader.parser.consume_token(&Token::SemiColon) {}
    match reader.parser.peek_token() {
        TokenWithSpan { token: Token::EOF, .. } => Ok(statement),
        next => Err(syntax(format!(
            "The SQL does not parse: Expected: the end of the statement, found: {next} at {}. A job has one statement.",
            at(next.span.start)
        ))),
    }
}

/// Names are the same in upper and lower case, also between back quotes.
pub(super) fn parse_lower_case(text: &str) -> Result<Box<Query>, SqlFailure> {
    let mut tokens = tokens(text)?;
    for token in &mut tokens {
        if let Token::Word(word) = &mut token.token
            && word.quote_style.is_some()
        {
            word.value = word.value.to_lowercase();
        }
    }
    parser(tokens).parse_query().map_err(of_parser)
}

fn parser(tokens: Vec<TokenWithSpan>) -> Parser<'static> {
    Parser::new(&ServiceDialect).with_tokens_with_locations(tokens)
}

fn at(location: Location) -> String {
    format!("Line: {}, Column: {}", location.line, location.column)
}

enum Problem {
    Syntax(ParserError),
    Other(SqlFailure),
}

impl From<ParserError> for Problem {
    fn from(error: ParserError) -> Self {
        Self::Syntax(error)
    }
}

impl From<SqlFailure> for Problem {
    fn from(failure: SqlFailure) -> Self {
        Self::Other(failure)
    }
}

type Parsed<T> = Result<T, Problem>;

struct Reader<'t> {
    text: &'t str,
    parser: Parser<'static>,
}

impl Reader<'_> {
    /// Takes these words if they come next.
    fn accept(&mut self, words: &[&str]) -> bool {
        let here = (0..words.len()).all(|nth| {
            matches!(&self.parser.peek_nth_token(nth).token, Token::Word(word)
                if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(words[nth]))
        });
        if here {
            for _ in words {
                self.parser.next_token();
            }
        }
        here
    }

    fn expect(&mut self, words: &[&str]) -> Parsed<()> {
        match self.accept(words) {
            true => Ok(()),
            false => Err(self.expected(&words.join(" "))),
        }
    }

    fn expected(&mut self, what: &str) -> Problem {
        let next = self.parser.peek_token();
        match self.parser.expected::<()>(what, next) {
            Err(error) => Problem::Syntax(error),
            Ok(()) => unreachable!("`expected` is an error"),
        }
    }

    fn identifier(&mut self) -> Parsed<String> {
        Ok(self.parser.parse_identifier()?.value.to_lowercase())
    }

    fn table_name(&mut self) -> Parsed<TableName> {
        let first = self.identifier()?;
        if !self.parser.consume_token(&Token::Period) {
            return Ok(TableName { database: None, table: first });
        }
        let second = self.identifier()?;
        if self.parser.consume_token(&Token::Period) {
            return Err(
                refused(format!("names with a catalogue, such as `{first}.{second}.…`")).into()
            );
        }
        Ok(TableName { database: Some(first), table: second })
    }

    fn string(&mut self) -> Parsed<String> {
        Ok(self.parser.parse_literal_string()?)
    }

    fn if_not_exists(&mut self) -> bool {
        self.accept(&["IF", "NOT", "EXISTS"])
    }

    fn if_exists(&mut self) -> bool {
        self.accept(&["IF", "EXISTS"])
    }

    fn statement(&mut self) -> Parsed<Statement> {
        for (words, construct) in ELSEWHERE {
            if self.accept(words) {
                return Err(refused(construct).into());
            }
        }
        if self.accept(&["CREATE"]) {
            return self.create();
        }
        if self.accept(&["DROP"]) {
            return self.drop();
        }
        if self.accept(&["ALTER"]) {
            return self.alter();
        }
        if self.accept(&["INSERT"]) {
            return self.insert();
        }
        if self.accept(&["SHOW"]) {
            return self.show();
        }
        if self.accept(&["DESCRIBE"]) || self.accept(&["DESC"]) {
            return self.describe();
        }
        if self.accept(&["EXPLAIN"]) {
            for mode in ["EXTENDED", "CODEGEN", "COST", "FORMATTED"] {
                self.accept(&[mode]);
            }
            return Ok(Statement::Explain(self.source()?));
        }
        if self.accept(&["USE"]) {
            return Ok(Statement::Use(self.identifier()?));
        }
        if self.accept(&["TRUNCATE"]) {
            self.expect(&["TABLE"])?;
            let table = self.table_name()?;
            return Ok(Statement::Truncate { table, partition: self.partition()? });
        }
        if self.accept(&["MSCK"]) {
            self.expect(&["REPAIR", "TABLE"])?;
            return Ok(Statement::Repair(self.table_name()?));
        }
        let next = self.parser.peek_token().token;
        let query = match &next {
            Token::LParen => true,
            Token::Word(word) => ["SELECT", "WITH", "VALUES", "TABLE"]
                .iter()
                .any(|first| word.value.eq_ignore_ascii_case(first)),
            _ => false,
        };
        if query {
            Ok(Statement::Query(self.source()?))
        } else {
            Err(self.expected("an SQL statement"))
        }
    }

    /// A query from here to where it ends.
    fn source(&mut self) -> Parsed<Source> {
        let start = self.parser.peek_token().span.start;
        let query = self.parser.parse_query()?;
        let next = self.parser.peek_token();
        let end = match next.token {
            Token::EOF => self.text.len(),
            _ => self.offset(next.span.start),
        };
        let text = self.text[self.offset(start)..end].trim().to_owned();
        Ok(Source { query, text })
    }

    fn offset(&self, location: Location) -> usize {
        let mut offset = 0;
        for _ in 1..location.line {
            offset += self.text[offset..].find('\n').map_or(self.text.len() - offset, |at| at + 1);
        }
        let column = usize::try_from(location.column.saturating_sub(1)).unwrap_or(0);
        self.text[offset..]
            .char_indices()
            .nth(column)
            .map_or(self.text.len(), |(at, _)| offset + at)
    }

    fn create(&mut self) -> Parsed<Statement> {
        if self.accept(&["DATABASE"]) || self.accept(&["SCHEMA"]) {
            let if_not_exists = self.if_not_exists();
            let name = self.identifier()?;
            let mut comment = String::new();
            loop {
                if self.accept(&["COMMENT"]) {
                    comment = self.string()?;
                } else if self.accept(&["WITH", "DBPROPERTIES"]) {
                    self.properties()?;
                } else if self.accept(&["LOCATION"]) {
                    return Err(refused("CREATE DATABASE … LOCATION").into());
                } else {
                    return Ok(Statement::CreateDatabase { name, if_not_exists, comment });
                }
            }
        }
        let or_replace = self.accept(&["OR", "REPLACE"]);
        if self.accept(&["VIEW"]) {
            return self.create_view(or_replace);
        }
        self.expect(&["TABLE"])?;
        if or_replace {
            return Err(refused("CREATE OR REPLACE TABLE").into());
        }
        self.create_table()
    }

    fn create_view(&mut self, or_replace: bool) -> Parsed<Statement> {
        let if_not_exists = self.if_not_exists();
        let name = self.table_name()?;
        let mut columns = Vec::new();
        if self.parser.consume_token(&Token::LParen) {
            loop {
                columns.push(self.identifier()?);
                if self.accept(&["COMMENT"]) {
                    self.string()?;
                }
                if !self.parser.consume_token(&Token::Comma) {
                    break;
                }
            }
            self.parser.expect_token(&Token::RParen)?;
        }
        let comment = if self.accept(&["COMMENT"]) { self.string()? } else { String::new() };
        self.expect(&["AS"])?;
        let source = self.source()?;
        Ok(Statement::CreateView { name, or_replace, if_not_exists, columns, comment, source })
    }

    fn create_table(&mut self) -> Parsed<Statement> {
        let if_not_exists = self.if_not_exists();
        let name = self.table_name()?;
        if self.accept(&["LIKE"]) {
            let like = self.table_name()?;
            return Ok(Statement::CreateTableLike { name, like, if_not_exists });
        }
        let mut table = NewTable {
            name,
            if_not_exists,
            columns: Vec::new(),
            partitioned_by: Vec::new(),
            format: None,
            options: Vec::new(),
            properties: Vec::new(),
            location: None,
            comment: String::new(),
            query: None,
        };
        if self.parser.peek_token().token == Token::LParen {
            table.columns = self.columns()?;
        }
        loop {
            if self.accept(&["USING"]) || self.accept(&["STORED", "AS"]) {
                table.format = Some(self.identifier()?);
            } else if self.accept(&["OPTIONS"]) {
                table.options = self.properties()?;
            } else if self.accept(&["TBLPROPERTIES"]) {
                table.properties = self.properties()?;
            } else if self.accept(&["LOCATION"]) {
                table.location = Some(self.string()?);
            } else if self.accept(&["COMMENT"]) {
                table.comment = self.string()?;
            } else if self.accept(&["PARTITIONED", "BY"]) {
                self.partitioned_by(&mut table)?;
            } else if self.accept(&["CLUSTERED", "BY"]) {
                return Err(refused("CLUSTERED BY").into());
            } else if self.accept(&["ROW", "FORMAT"]) {
                return Err(refused("ROW FORMAT (the format's options go into OPTIONS)").into());
            } else {
                break;
            }
        }
        if self.accept(&["AS"])
            || matches!(self.parser.peek_token().token, Token::Word(word)
                if ["SELECT", "WITH"].iter().any(|first| word.value.eq_ignore_ascii_case(first)))
        {
            table.query = Some(self.source()?);
        }
        Ok(Statement::CreateTable(Box::new(table)))
    }

    fn partitioned_by(&mut self, table: &mut NewTable) -> Parsed<()> {
        // `(dt)` names columns that are there; `(dt string)` adds some.
        let typed = !matches!(self.parser.peek_nth_token(2).token, Token::Comma | Token::RParen);
        if typed {
            for mut column in self.columns()? {
                column.partition = true;
                table.columns.push(column);
            }
            return Ok(());
        }
        table.partitioned_by = self.names()?;
        Ok(())
    }

    fn names(&mut self) -> Parsed<Vec<String>> {
        self.parser.expect_token(&Token::LParen)?;
        let mut names = vec![self.identifier()?];
        while self.parser.consume_token(&Token::Comma) {
            names.push(self.identifier()?);
        }
        self.parser.expect_token(&Token::RParen)?;
        Ok(names)
    }

    /// `(name type [COMMENT 'text'], …)`
    fn columns(&mut self) -> Parsed<Vec<Column>> {
        self.parser.expect_token(&Token::LParen)?;
        let mut columns = Vec::new();
        loop {
            let name = self.identifier()?;
            let written = self.type_name()?;
            let mut column = Column::new(&name, types::parse(&written)?);
            column.written = written;
            if self.accept(&["NOT", "NULL"]) {
                return Err(refused("NOT NULL").into());
            }
            if self.accept(&["COMMENT"]) {
                column.comment = self.string()?;
            }
            columns.push(column);
            if !self.parser.consume_token(&Token::Comma) {
                break;
            }
        }
        self.parser.expect_token(&Token::RParen)?;
        Ok(columns)
    }

    /// The tokens of a type, put together again.
    fn type_name(&mut self) -> Parsed<String> {
        let mut text = String::new();
        let mut depth = 0_i32;
        loop {
            let next = self.parser.peek_token().token;
            match &next {
                Token::Comma | Token::RParen if depth == 0 => break,
                Token::LParen | Token::Lt => depth += 1,
                Token::RParen | Token::Gt => depth -= 1,
                Token::ShiftRight => depth -= 2,
                Token::EOF | Token::SemiColon => break,
                Token::Word(word) if depth == 0 && !text.is_empty() => {
                    let ends = ["COMMENT", "NOT"];
                    if ends.iter().any(|end| word.value.eq_ignore_ascii_case(end)) {
                        break;
                    }
                    text.push(' ');
                }
                _ => {}
            }
            text.push_str(&next.to_string());
            // `struct<a int>`: a name and its type have to stay apart.
            if matches!(next, Token::Word(_))
                && matches!(self.parser.peek_nth_token(1).token, Token::Word(_))
                && depth > 0
            {
                text.push(' ');
            }
            self.parser.next_token();
        }
        if text.is_empty() { Err(self.expected("a type")) } else { Ok(text.to_lowercase()) }
    }

    /// `(key = 'value', 'a.b' 'value', path "…")`
    fn properties(&mut self) -> Parsed<Vec<(String, String)>> {
        self.parser.expect_token(&Token::LParen)?;
        let mut properties = Vec::new();
        loop {
            let mut key = self.word_or_string()?;
            while self.parser.consume_token(&Token::Period) {
                key = format!("{key}.{}", self.word_or_string()?);
            }
            let _ = self.parser.consume_token(&Token::Eq);
            properties.push((key, self.word_or_string()?));
            if !self.parser.consume_token(&Token::Comma) {
                break;
            }
        }
        self.parser.expect_token(&Token::RParen)?;
        Ok(properties)
    }

    fn word_or_string(&mut self) -> Parsed<String> {
        match self.parser.peek_token().token {
            Token::Word(word) => {
                self.parser.next_token();
                Ok(word.value)
            }
            Token::Number(number, _) => {
                self.parser.next_token();
                Ok(number)
            }
            _ => self.string(),
        }
    }

    /// `PARTITION (a = 1, b)`, or nothing.
    fn partition(&mut self) -> Parsed<PartitionSpec> {
        if !self.accept(&["PARTITION"]) {
            return Ok(Vec::new());
        }
        self.parser.expect_token(&Token::LParen)?;
        let mut spec = Vec::new();
        loop {
            let column = self.identifier()?;
            let mut value = None;
            if self.parser.consume_token(&Token::Eq) || self.parser.consume_token(&Token::DoubleEq)
            {
                let minus = self.parser.consume_token(&Token::Minus);
                value = Some(match self.accept(&["NULL"]) {
                    true => None,
                    false if minus => Some(format!("-{}", self.word_or_string()?)),
                    false => {
                        self.accept(&["DATE"]);
                        Some(self.word_or_string()?)
                    }
                });
            } else if !matches!(self.parser.peek_token().token, Token::Comma | Token::RParen) {
                return Err(self.expected(
                    "`=`, `,` or `)`; other comparisons of partitions are not run here",
                ));
            }
            spec.push((column, value));
            if !self.parser.consume_token(&Token::Comma) {
                break;
            }
        }
        self.parser.expect_token(&Token::RParen)?;
        Ok(spec)
    }

    fn insert(&mut self) -> Parsed<Statement> {
        let overwrite = self.accept(&["OVERWRITE"]);
        if !overwrite {
            self.expect(&["INTO"])?;
        } else {
            self.accept(&["INTO"]);
        }
        self.accept(&["TABLE"]);
        let table = self.table_name()?;
        let partition = self.partition()?;
        if self.if_not_exists() {
            return Err(refused("INSERT … IF NOT EXISTS").into());
        }
        let named = self.parser.peek_token().token == Token::LParen
            && !matches!(self.parser.peek_nth_token(1).token, Token::Word(word)
                if word.quote_style.is_none() && ["SELECT", "WITH", "VALUES"].iter().any(|first| word.value.eq_ignore_ascii_case(first)));
        let columns = if named { self.names()? } else { Vec::new() };
        let source = self.source()?;
        Ok(Statement::Insert { table, overwrite, partition, columns, source })
    }

    fn drop(&mut self) -> Parsed<Statement> {
        if self.accept(&["DATABASE"]) || self.accept(&["SCHEMA"]) {
            let if_exists = self.if_exists();
            let name = self.identifier()?;
            let cascade = self.accept(&["CASCADE"]);
            self.accept(&["RESTRICT"]);
            return Ok(Statement::DropDatabase { name, if_exists, cascade });
        }
        let view = self.accept(&["VIEW"]);
        if !view {
            self.expect(&["TABLE"])?;
        }
        let if_exists = self.if_exists();
        let name = self.table_name()?;
        self.accept(&["PURGE"]);
        Ok(Statement::Drop { name, if_exists, view })
    }

    fn alter(&mut self) -> Parsed<Statement> {
        if self.accept(&["VIEW"]) {
            return Err(refused("ALTER VIEW (CREATE OR REPLACE VIEW does it)").into());
        }
        if self.accept(&["DATABASE"]) {
            return Err(refused("ALTER DATABASE").into());
        }
        self.expect(&["TABLE"])?;
        let table = self.table_name()?;
        let change = if self.accept(&["ADD", "COLUMNS"]) || self.accept(&["ADD", "COLUMN"]) {
            Change::AddColumns(self.columns()?)
        } else if self.accept(&["RENAME", "TO"]) {
            Change::Rename(self.table_name()?)
        } else if self.accept(&["ADD"]) {
            let if_not_exists = self.if_not_exists();
            let mut specs = Vec::new();
            loop {
                let spec = self.partition()?;
                if spec.is_empty() {
                    break;
                }
                let location = if self.accept(&["LOCATION"]) { Some(self.string()?) } else { None };
                specs.push((spec, location));
            }
            if specs.is_empty() {
                return Err(self.expected("COLUMNS or PARTITION"));
            }
            Change::AddPartitions { specs, if_not_exists }
        } else if self.accept(&["DROP"]) {
            let if_exists = self.if_exists();
            let mut specs = vec![self.partition()?];
            while self.parser.consume_token(&Token::Comma) {
                specs.push(self.partition()?);
            }
            if specs.iter().any(Vec::is_empty) {
                return Err(self.expected("PARTITION; columns are not dropped here"));
            }
            Change::DropPartitions { specs, if_exists }
        } else if self.accept(&["SET", "TBLPROPERTIES"]) {
            Change::SetProperties(self.properties()?)
        } else if self.accept(&["UNSET", "TBLPROPERTIES"]) {
            self.if_exists();
            self.parser.expect_token(&Token::LParen)?;
            let mut keys = vec![self.word_or_string()?];
            while self.parser.consume_token(&Token::Comma) {
                keys.push(self.word_or_string()?);
            }
            self.parser.expect_token(&Token::RParen)?;
            Change::UnsetProperties(keys)
        } else if self.accept(&["CHANGE"]) || self.accept(&["ALTER", "COLUMN"]) {
            self.accept(&["COLUMN"]);
            let column = self.identifier()?;
            if !self.accept(&["COMMENT"]) {
                return Err(refused("a change of a column's name or type").into());
            }
            Change::CommentOnColumn { column, comment: self.string()? }
        } else {
            let from = self.partition()?;
            if !from.is_empty() && self.accept(&["RENAME", "TO"]) {
                Change::RenamePartition { from, to: self.partition()? }
            } else if self.accept(&["SET", "LOCATION"]) {
                return Err(refused("ALTER TABLE … SET LOCATION").into());
            } else {
                return Err(self.expected("ADD, DROP, RENAME, CHANGE or SET"));
            }
        };
        Ok(Statement::Alter { table, change })
    }

    fn pattern(&mut self) -> Parsed<Option<String>> {
        let like = self.accept(&["LIKE"]);
        match self.parser.peek_token().token {
            Token::SingleQuotedString(_) | Token::DoubleQuotedString(_) => Ok(Some(self.string()?)),
            _ if like => Err(self.expected("a pattern")),
            _ => Ok(None),
        }
    }

    fn of_database(&mut self) -> Parsed<Option<String>> {
        match self.accept(&["IN"]) || self.accept(&["FROM"]) {
            true => Ok(Some(self.identifier()?)),
            false => Ok(None),
        }
    }

    fn show(&mut self) -> Parsed<Statement> {
        let show = if self.accept(&["DATABASES"]) || self.accept(&["SCHEMAS"]) {
            Show::Databases { pattern: self.pattern()? }
        } else if self.accept(&["TABLES"]) {
            Show::Tables { database: self.of_database()?, pattern: self.pattern()? }
        } else if self.accept(&["VIEWS"]) {
            Show::Views { database: self.of_database()?, pattern: self.pattern()? }
        } else if self.accept(&["COLUMNS"]) {
            if !self.accept(&["IN"]) {
                self.expect(&["FROM"])?;
            }
            let mut table = self.table_name()?;
            if let Some(database) = self.of_database()? {
                table.database = Some(database);
            }
            Show::Columns(table)
        } else if self.accept(&["PARTITIONS"]) {
            let table = self.table_name()?;
            Show::Partitions { table, spec: self.partition()? }
        } else if self.accept(&["CREATE", "TABLE"]) {
            Show::CreateTable(self.table_name()?)
        } else if self.accept(&["TBLPROPERTIES"]) {
            let table = self.table_name()?;
            let mut key = None;
            if self.parser.consume_token(&Token::LParen) {
                key = Some(self.word_or_string()?);
                self.parser.expect_token(&Token::RParen)?;
            }
            Show::Properties { table, key }
        } else if self.accept(&["FUNCTIONS"]) {
            Show::Functions { pattern: self.pattern()? }
        } else {
            return Err(self.expected(
                "DATABASES, TABLES, VIEWS, COLUMNS, PARTITIONS, CREATE TABLE, TBLPROPERTIES or FUNCTIONS",
            ));
        };
        Ok(Statement::Show(show))
    }

    fn describe(&mut self) -> Parsed<Statement> {
        if self.accept(&["DATABASE"]) || self.accept(&["SCHEMA"]) {
            self.accept(&["EXTENDED"]);
            return Ok(Statement::DescribeDatabase(self.identifier()?));
        }
        self.accept(&["TABLE"]);
        let extended = self.accept(&["EXTENDED"]) || self.accept(&["FORMATTED"]);
        Ok(Statement::DescribeTable { table: self.table_name()?, extended })
    }
}
