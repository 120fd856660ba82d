//! Every list of the operation table, walked to its end: each item once and in order, whatever
//! page is asked for, whatever page the server gives, wherever the walk begins.
#![cfg(feature = "all-families")]

mod common;

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock, Mutex};

use common::{Seen, Server, json};
use dli_api::{Operation, PagingStyle};
use dli_ext::{Dli, Error, handles as params, paging::Stream, types};
use futures_util::{StreamExt, TryStreamExt};
use proptest::prelude::*;
use serde_json::{Value, json as value};

type Walk = fn(&Dli, Option<i64>, Option<i64>) -> Stream<Value>;

/// A list: its operation, an item of it with a number in it, and how it is walked.
struct List {
    id: &'static str,
    item: fn(usize) -> Value,
    walk: Walk,
}

fn values<T: serde::Serialize + Send + 'static>(items: Stream<T>) -> Stream<Value> {
    items.map(|item| Ok::<_, Error>(serde_json::to_value(item?).unwrap())).boxed()
}

/// One list: operation, the field that tells its items apart, handle, method and arguments,
/// parameters with the names of offset and limit.
macro_rules! lists {
    ($($id:literal $item:tt $handle:ident . $method:ident ( $($argument:expr),* ; $params:ident $offset:ident $limit:ident ) ),* $(,)?) => {
        &[$(List {
            id: $id,
            item: lists!(@item $item),
            walk: |dli, offset, limit| {
                let mut params = params::$params::default();
                if let Some(offset) = offset {
                    params = params.$offset(offset);
                }
                if let Some(limit) = limit {
                    params = params.$limit(limit);
                }
                values(dli.$handle().$method($($argument,)* params))
            },
        }),*]
    };
    (@item [line]) => { |nth| Value::from(format!("line {nth}")) };
    (@item [row]) => { |nth| value!([nth, "row"]) };
    (@item [$field:ident]) => { |nth| value!({ stringify!($field): nth.to_string() }) };
}

const LISTS: &[List] = lists![
    "list_catalogs" [name] catalogs.list_items(; ListCatalogsParams offset limit),
    "list_data_mask_strategies" [name] data_mask_strategies.list_items(; ListDataMaskStrategiesParams offset limit),
    "list_databases" [database_name] databases.list_items(; ListDatabasesParams offset limit),
    "list_auth_info" [auth_info_name] datasource_auth.list_auth_info_items(; ListAuthInfoParams offset limit),
    "list_job_auth_infos" [auth_info_name] datasource_auth.list_job_auth_infos_items(; ListJobAuthInfosParams offset limit),
    "list_elastic_resource_pool_queues" [queue_name] elastic_resource_pools.list_elastic_resource_pool_queues_items("p"; ListElasticResourcePoolQueuesParams offset limit),
    "list_elastic_resource_pool_scale_records" [fail_reason] elastic_resource_pools.list_elastic_resource_pool_scale_records_items("p"; ListElasticResourcePoolScaleRecordsParams offset limit),
    "list_elastic_resource_pools" [elastic_resource_pool_name] elastic_resource_pools.list_items(; ListElasticResourcePoolsParams offset limit),
    "list_enhanced_connections" [id] enhanced_connections.list_items(; ListEnhancedConnectionsParams offset limit),
    "list_flink_jobs" [name] flink_jobs.list_items(; ListFlinkJobsParams offset limit),
    "list_flink_sql_job_templates" [name] flink_templates.list_flink_sql_job_templates_items(; ListFlinkSqlJobTemplatesParams offset limit),
    "list_global_variables" [var_name] global_variables.list_items(; ListGlobalVariablesParams offset limit),
    "list_authorization_privileges" [object] permissions.list_authorization_privileges_items("o"; ListAuthorizationPrivilegesParams offset limit),
    "list_queue_users" [user_name] permissions.list_queue_users_items("q"; ListQueueUsersParams offset limit),
    "list_queue_properties" [value] queues.list_queue_properties_items("q"; ListQueuePropertiesParams offset limit),
    "list_queues" [queue_name] queues.list_items(; ListQueuesParams current_page page_size),
    "list_sessions" [name] sessions_statements.list_sessions_items(; ListSessionsParams from size),
    "show_session_log" [line] sessions_statements.show_session_log_items("s"; ShowSessionLogParams from size),
    "list_spark_jobs" [id] spark_jobs.list_items(; ListSparkJobsParams from size),
    "show_spark_job_log" [line] spark_jobs.show_spark_job_log_items("b"; ShowSparkJobLogParams from size),
    "list_spark_job_templates" [name] spark_templates.list_spark_job_templates_items(; ListSparkJobTemplatesParams current_page page_size),
    "list_sql_job_defend_rules" [rule_name] sql_defend_rules.list_sql_job_defend_rules_items(; ListSqlJobDefendRulesParams offset limit),
    "list_sql_jobs" [job_id] sql_jobs.list_items(; ListSqlJobsParams current_page page_size),
    "show_queue_sql_job_result" [row] sql_jobs.show_queue_sql_job_result_items("q", "j"; ShowQueueSqlJobResultParams current_page page_size),
    "show_sql_job_result" [row] sql_jobs.show_sql_job_result_items("j"; ShowSqlJobResultParams current_page page_size),
    "list_partitions" [partition_name] tables.list_partitions_items("d", "t"; ListPartitionsParams offset limit),
    "list_tables" [table_name] tables.list_items("d"; ListTablesParams current_page page_size),
    "list_resources_by_tags" [resource_id] tags.list_resources_by_tags_items(&types::TaggedResourceType::from("q"), &filter(); ListResourcesByTagsParams offset limit),
    "list_resources_tags" [key] tags.list_resources_tags_items(&types::TaggedResourceType::from("q"); ListResourcesTagsParams offset limit),
    "show_resource_tags" [key] tags.show_resource_tags_items(&types::TaggedResourceType::from("q"), "r"; ShowResourceTagsParams offset limit),
];

fn filter() -> types::ListResourcesByTagsRequest {
    serde_json::from_value(value!({ "action": "filter" })).unwrap()
}

/// Lists whose pages are walked; what has no offset comes in one piece.
fn is_walked(operation: &Operation) -> bool {
    operation.paging.offset.is_some() && operation.paging.items.is_some()
}

#[test]
fn every_list_of_the_table_is_walked_here() {
    let here: BTreeSet<&str> = LISTS.iter().map(|list| list.id).collect();
    let table: BTreeSet<&str> =
        dli_api::OPERATIONS.iter().filter(|operation| is_walked(operation)).map(|o| o.id).collect();
    assert_eq!(here, table);
    let styles: BTreeSet<String> = dli_api::OPERATIONS
        .iter()
        .filter(|operation| is_walked(operation))
        .map(|operation| format!("{:?}", operation.paging.style))
        .collect();
    assert_eq!(styles, ["FromSize", "OffsetLimit", "PageNumber"].map(str::to_owned).into());
}

/// What the service has, and how it gives it.
#[derive(Debug, Clone)]
struct Scene {
    list: usize,
    items: usize,
    /// The page that the client asks for.
    limit: Option<i64>,
    /// Where the walk begins: so many items, or pages, further on.
    skip: Option<i64>,
    /// The longest pages that the service gives, one after the other.
    most: Vec<usize>,
    told: Told,
    /// A page beyond the end has no list at all, or null, or an empty one.
    beyond: usize,
}

#[derive(Debug, Clone, Copy)]
enum Told {
    Truth,
    AsText,
    Nothing,
    Null,
    LessThanNothing,
}

fn scene() -> impl Strategy<Value = Scene> {
    let told = prop::sample::select(vec![
        Told::Truth,
        Told::AsText,
        Told::Nothing,
        Told::Null,
        Told::LessThanNothing,
    ]);
    (
        0..LISTS.len(),
        0usize..40,
        prop::option::of(1i64..15),
        prop::option::of(0i64..12),
        prop::collection::vec(1usize..12, 1..5),
        told,
        0usize..3,
    )
        .prop_map(|(list, items, limit, skip, most, told, beyond)| Scene {
            list,
            items,
            limit,
            skip,
            most,
            told,
            beyond,
        })
}

impl Scene {
    fn operation(&self) -> &'static Operation {
        Operation::by_id(LISTS[self.list].id).unwrap()
    }

    fn by_page(&self) -> bool {
        self.operation().paging.style == PagingStyle::PageNumber
    }

    fn offset(&self) -> Option<i64> {
        self.skip.map(|skip| skip + i64::from(self.by_page()))
    }

    /// A service that counts pages gives pages of one length, or nobody could count them.
    fn page_length(&self, asked: usize, request: usize) -> usize {
        let most = if self.by_page() { self.most[0] } else { self.most[request % self.most.len()] };
        asked.min(most)
    }

    fn expected(&self) -> Vec<Value> {
        let skip = usize::try_from(self.skip.unwrap_or(0)).unwrap();
        let asked = usize::try_from(self.limit.unwrap_or(100)).unwrap();
        let skip = if self.by_page() { skip * self.page_length(asked, 0) } else { skip };
        (skip..self.items).map(LISTS[self.list].item).collect()
    }

    fn answer(&self, request: &Seen, nth: usize) -> Value {
        let paging = &self.operation().paging;
        let number = |name: Option<&str>| request.query(name.unwrap()).parse::<usize>().unwrap();
        let (offset, limit) = (number(paging.offset), number(paging.limit));
        let length = self.page_length(limit, nth);
        let from = if self.by_page() { (offset - 1) * length } else { offset };
        let page: Vec<Value> = (from..self.items).take(length).map(LISTS[self.list].item).collect();
        let mut answer = value!({ "is_success": true });
        match (page.is_empty(), self.beyond) {
            (true, 0) => {}
            (true, 1) => put(&mut answer, paging.items.unwrap(), Value::Null),
            _ => put(&mut answer, paging.items.unwrap(), Value::from(page)),
        }
        if let Some(total) = paging.total {
            match self.told {
                Told::Truth => put(&mut answer, total, self.items.into()),
                Told::AsText => put(&mut answer, total, self.items.to_string().into()),
                Told::Nothing => {}
                Told::Null => put(&mut answer, total, Value::Null),
                Told::LessThanNothing => put(&mut answer, total, (-1).into()),
            }
        }
        answer
    }
}

fn put(answer: &mut Value, path: &str, what: Value) {
    let mut at = answer;
    for part in path.split('.') {
        at = &mut at[part];
    }
    *at = what;
}

struct World {
    runtime: tokio::runtime::Runtime,
    dli: Dli,
    /// What is played, and how many requests there were.
    scene: Arc<Mutex<(Option<Scene>, usize)>>,
    _server: Server,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let scene: Arc<Mutex<(Option<Scene>, usize)>> = Arc::default();
    let played = Arc::clone(&scene);
    let server = runtime.block_on(Server::start(move |request| {
        let mut played = played.lock().unwrap();
        let (scene, requests) = &mut *played;
        let answer = scene.as_ref().unwrap().answer(&request, *requests);
        *requests += 1;
        json(200, &answer.to_string())
    }));
    let dli = server.builder().build().unwrap();
    World { runtime, dli, scene, _server: server }
});

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_list_gives_each_item_once_and_in_order_however_it_is_paged(scene in scene()) {
        let world = &*WORLD;
        *world.scene.lock().unwrap() = (Some(scene.clone()), 0);
        let items = (LISTS[scene.list].walk)(&world.dli, scene.offset(), scene.limit);
        // Far more than there are: a walk without end is told from a long one.
        let items: Result<Vec<Value>, Error> = world.runtime.block_on(items.take(1_000).try_collect());
        let expected = scene.expected();
        prop_assert_eq!(items.map_err(|error| error.to_string()), Ok(expected.clone()));
        let requests = world.scene.lock().unwrap().1;
        prop_assert!(requests <= expected.len() + 2, "{} requests for {}", requests, expected.len());
    }
}
