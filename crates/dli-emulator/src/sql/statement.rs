//! Statements: what is asked for, as it was written.

use datafusion::sql::sqlparser::ast::Query;

use super::types::Column;

/// A table's name, with its database if one was given; in lower case.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TableName {
    pub database: Option<String>,
    pub table: String,
}

/// `dt = '2024-01-01'`; without a value, the rows say which.
pub(super) type PartitionSpec = Vec<(String, Option<Option<String>>)>;

#[derive(Debug)]
pub(super) struct NewTable {
    pub name: TableName,
    pub if_not_exists: bool,
    pub columns: Vec<Column>,
    /// Columns of `PARTITIONED BY` that were named without a type.
    pub partitioned_by: Vec<String>,
    pub format: Option<String>,
    pub options: Vec<(String, String)>,
    pub properties: Vec<(String, String)>,
    pub location: Option<String>,
    pub comment: String,
    pub query: Option<Source>,
}

/// A query with its text, from which views are made and columns named.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub query: Box<Query>,
    pub text: String,
}

#[derive(Debug)]
pub(super) enum Change {
    AddColumns(Vec<Column>),
    Rename(TableName),
    AddPartitions { specs: Vec<(PartitionSpec, Option<String>)>, if_not_exists: bool },
    DropPartitions { specs: Vec<PartitionSpec>, if_exists: bool },
    RenamePartition { from: PartitionSpec, to: PartitionSpec },
    SetProperties(Vec<(String, String)>),
    UnsetProperties(Vec<String>),
    CommentOnColumn { column: String, comment: String },
}

#[derive(Debug)]
pub(super) enum Show {
    Databases { pattern: Option<String> },
    Tables { database: Option<String>, pattern: Option<String> },
    Views { database: Option<String>, pattern: Option<String> },
    Columns(TableName),
    Partitions { table: TableName, spec: PartitionSpec },
    CreateTable(TableName),
    Properties { table: TableName, key: Option<String> },
    Functions { pattern: Option<String> },
}

#[derive(Debug)]
pub(super) enum Statement {
    Query(Source),
    Explain(Source),
    Insert {
        table: TableName,
        overwrite: bool,
        partition: PartitionSpec,
        columns: Vec<String>,
        source: Source,
    },
    CreateDatabase {
        name: String,
        if_not_exists: bool,
        comment: String,
    },
    DropDatabase {
        name: String,
        if_exists: bool,
        cascade: bool,
    },
    Use(String),
    CreateTable(Box<NewTable>),
    CreateTableLike {
        name: TableName,
        like: TableName,
        if_not_exists: bool,
    },
    CreateView {
        name: TableName,
        or_replace: bool,
        if_not_exists: bool,
        columns: Vec<String>,
        comment: String,
        source: Source,
    },
    Drop {
        name: TableName,
        if_exists: bool,
        view: bool,
    },
    Alter {
        table: TableName,
        change: Change,
    },
    Truncate {
        table: TableName,
        partition: PartitionSpec,
    },
    Repair(TableName),
    Show(Show),
    DescribeTable {
        table: TableName,
        extended: bool,
    },
    DescribeDatabase(String),
}
