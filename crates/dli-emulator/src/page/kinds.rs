//! What kinds of objects there are and what of each is shown in a list. A kind that is missing
//! here is shown all the same, under its own name.

/// One kind of object.
pub(super) struct Kind {
    pub id: &'static str,
    /// What one is called, and several.
    pub one: &'static str,
    pub many: &'static str,
    /// Columns of its lists, each with where the value stands in the document.
    pub columns: &'static [(&'static str, &'static str)],
    /// Whether it is work that takes time and comes to an end.
    pub is_job: bool,
    /// Kinds of what belongs to it.
    pub below: &'static [&'static str],
}

/// All kinds, what people look for first at the beginning.
pub(super) const KINDS: &[Kind] = &[
    job("sql_job", "SQL job", "SQL jobs", &[STATEMENT, ("Type", "/job_type"), QUEUE]),
    job(
        "spark_job",
        "Spark job",
        "Spark jobs",
        &[("File", "/request/file"), ("Class", "/request/className"), ("Queue", "/queue")],
    ),
    job(
        "flink_job",
        "Flink job",
        "Flink jobs",
        &[("Type", "/job_type"), ("SQL", "/sql_body"), QUEUE],
    ),
    kind("queue", "queue", "Queues", &[("Type", "/queue_type"), ("CUs", "/cu_count"), OWNER])
        .with(&["queue_plan", "connectivity_test"]),
    kind(
        "elastic_resource_pool",
        "elastic resource pool",
        "Elastic resource pools",
        &[("CUs", "/current_cu"), ("From", "/min_cu"), ("To", "/max_cu"), OWNER],
    )
    .with(&["elastic_resource_pool_scaling"]),
    kind(
        "enhanced_connection",
        "enhanced datasource connection",
        "Enhanced datasource connections",
        &[("VPC", "/dest_vpc_id"), ("Network", "/dest_network_id")],
    ),
    kind(
        "datasource_connection",
        "basic datasource connection",
        "Basic datasource connections",
        &[("VPC", "/vpc_id"), ("Network", "/network_id")],
    ),
    kind("database", "database", "Databases", &[DESCRIPTION, OWNER]).with(&["table"]),
    kind("table", "table", "Tables", &[("Type", "/table_type"), ("Data", "/data_path"), OWNER])
        .with(&["partition"]),
    kind("partition", "partition", "Partitions", &[]),
    kind("session", "Spark session", "Spark sessions", &[("Queue", "/queue"), OWNER])
        .with(&["statement"]),
    kind("statement", "statement of a session", "Statements of sessions", &[("Code", "/code")]),
    kind("resource_group", "package group", "Package groups", &[OWNER]).with(&["resource"]),
    kind("resource", "package", "Packages", &[("Kind", "/kind")]),
    kind("flink_template", "Flink template", "Flink templates", &[DESCRIPTION]),
    kind("spark_template", "Spark template", "Spark templates", &[DESCRIPTION]),
    kind("sql_template", "SQL template", "SQL templates", &[("SQL", "/sql"), DESCRIPTION]),
    kind("global_variable", "global variable", "Global variables", &[("User", "/user_name")]),
    kind("datasource_auth", "datasource authentication", "Datasource authentications", &[OWNER]),
    kind(
        "grant",
        "grant of permissions",
        "Grants of permissions",
        &[("Privileges", "/privileges")],
    ),
    kind("catalog", "catalog", "Catalogs", &[]),
    kind("cluster", "cluster", "Clusters", &[]),
    kind("data_mask_strategy", "data masking strategy", "Data masking strategies", &[]),
    kind("sql_defend_rule", "SQL defence rule", "SQL defence rules", &[]),
    kind("upload_job", "upload", "Uploads", &[]),
    kind("queue_plan", "scaling plan of a queue", "Scaling plans of queues", &[]),
    kind(
        "connectivity_test",
        "connectivity test",
        "Connectivity tests",
        &[("Address", "/address")],
    ),
    kind("elastic_resource_pool_scaling", "scaling of a pool", "Scalings of pools", &[]),
    kind("edge_message", "message of an edge node", "Messages of edge nodes", &[]),
    kind("obs_bucket", "authorised OBS bucket", "Authorised OBS buckets", &[]),
    kind("flink_archive", "export of Flink jobs", "Exports of Flink jobs", &[]),
    kind("agency", "agency", "Agencies", &[]),
    kind(
        "sql_script",
        "scripted SQL result",
        "Scripted SQL results",
        &[("SQL", "/sql"), ("Contains", "/contains")],
    ),
];

const STATEMENT: (&str, &str) = ("Statement", "/statement");
const QUEUE: (&str, &str) = ("Queue", "/queue_name");
const OWNER: (&str, &str) = ("Owner", "/owner");
const DESCRIPTION: (&str, &str) = ("Description", "/description");

type Columns = &'static [(&'static str, &'static str)];

const fn kind(id: &'static str, one: &'static str, many: &'static str, columns: Columns) -> Kind {
    Kind { id, one, many, columns, is_job: false, below: &[] }
}

const fn job(id: &'static str, one: &'static str, many: &'static str, columns: Columns) -> Kind {
    Kind { id, one, many, columns, is_job: true, below: &[] }
}

impl Kind {
    const fn with(mut self, below: &'static [&'static str]) -> Self {
        self.below = below;
        self
    }

    /// What belongs to nothing else and is looked at by itself.
    pub fn is_seen_first(&self) -> bool {
        KINDS.iter().take_while(|kind| kind.id != "partition").any(|kind| kind.id == self.id)
    }
}

/// The kind of this name.
pub(super) fn find(id: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.id == id)
}

/// What several of a kind are called.
pub(super) fn many(id: &str) -> &str {
    find(id).map_or(id, |kind| kind.many)
}

/// Where a kind stands in lists of kinds.
pub(super) fn rank(id: &str) -> usize {
    KINDS.iter().position(|kind| kind.id == id).unwrap_or(KINDS.len())
}
