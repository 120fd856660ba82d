#!/usr/bin/env python3
"""Whole lifecycles through the vendor's own SDK (huaweicloudsdkdli, unchanged) against an emulator.

    pip install huaweicloudsdkdli
    dli-emulator &
    python vendor_sdk.py --url http://127.0.0.1:8787 --access-key … --secret-key … --project-id …

Prints each operation that passed or failed and ends with 1 if one failed or was not called.
"""

import argparse
import re
import sys
import time
import traceback

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkdli import v1 as sdk

parser = argparse.ArgumentParser()
parser.add_argument("--url", default="http://127.0.0.1:8787")
parser.add_argument("--access-key", default="DLIEMULATOR0ACCESS00")
parser.add_argument("--secret-key", default="dli-emulator-secret-key-opens-nothing-else")
parser.add_argument("--project-id", default="d11e0000000000000000000000000001")
options = parser.parse_args()


def client_with(secret):
    credentials = BasicCredentials(options.access_key, secret, options.project_id)
    return sdk.DliClient.new_builder().with_credentials(credentials).with_endpoint(options.url).build()


client = client_with(options.secret_key)
passed, failed = set(), {}


def make(type_name, value):
    """A model of the SDK from plain JSON."""
    inner = re.match(r"list\[(.*)\]$", type_name)
    if inner:
        return [make(inner.group(1), item) for item in value]
    inner = re.match(r"dict\(str, (.*)\)$", type_name)
    if inner:
        return {key: make(inner.group(1), item) for key, item in value.items()}
    model = getattr(sdk, type_name, None)
    if model is None or not hasattr(model, "attribute_map") or not isinstance(value, dict):
        return value
    by_wire_name = {wire: name for name, wire in model.attribute_map.items()}
    made = model()
    for wire, item in value.items():
        name = by_wire_name.get(wire, wire)
        setattr(made, name, make(model.openapi_types[name], item))
    return made


def call(operation, body=None, **parameters):
    """Calls an operation and returns the answer as plain JSON. Its failure ends the lifecycle."""
    try:
        name = "".join(part.capitalize() for part in operation.split("_")) + "Request"
        model = getattr(sdk, name)
        by_wire_name = {wire: attribute for attribute, wire in model.attribute_map.items()}
        request = model(**{by_wire_name.get(key, key): value for key, value in parameters.items()})
        if body is not None:
            request.body = make(model.openapi_types["body"], body)
        answer = getattr(client, operation)(request).to_dict()
        if answer.get("is_success") is False:
            raise AssertionError(f"is_success is false: {answer}")
    except Exception as error:
        failed[operation] = f"{type(error).__name__}: {error}"
        raise
    passed.add(operation)
    return answer


def until(check, timeout=5.0):
    """Waits until a check holds."""
    end = time.monotonic() + timeout
    while not check():
        if time.monotonic() > end:
            raise AssertionError("it does not come to the expected state")
        time.sleep(0.02)


def expect(code, operation, **parameters):
    """Calls an operation that has to be refused with this code."""
    try:
        call(operation, **parameters)
    except ClientRequestException as error:
        failed.pop(operation, None)
        assert error.error_code == code, f"{operation}: {error.error_code}, not {code}"
        return
    raise AssertionError(f"{operation} was not refused")


def connections():
    created = call("create_datasource_connection", {
        "name": "c", "service": "DWS", "security_group_id": "s", "network_id": "n", "url": "u"})
    connection = {"connection_id": created["connection_id"]}
    call("list_datasource_connections")
    until(lambda: call("show_datasource_connection", **connection)["state"] == "ACTIVE")
    call("delete_datasource_connection", **connection)
    created = call("create_enhanced_connection", {"name": "e", "dest_vpc_id": "v", "dest_network_id": "n"})
    connection = {"connection_id": created["connection_id"]}
    until(lambda: call("show_enhanced_connection", **connection)["status"] == "ACTIVE")
    assert call("list_enhanced_connections")["count"] == 1
    call("associate_queue_to_enhanced_connection", {"queues": ["q1"]}, **connection)
    call("disassociate_queue_from_enhanced_connection", {"queues": ["q1"]}, **connection)
    call("update_enhanced_connection", {"hosts": [{"name": "h", "ip": "10.0.0.1"}]}, **connection)
    call("show_enhanced_connection_privilege", **connection)
    call("create_enhanced_connection_routes", {"name": "r2", "cidr": "10.0.0.0/8"}, **connection)
    call("create_route_to_enhanced_connection", {"name": "r3", "cidr": "10.0.0.0/8"}, **connection)
    call("delete_enhanced_connection_routes", name="r2", **connection)
    call("delete_route_from_enhanced_connection", name="r3", **connection)
    call("delete_enhanced_connection", **connection)


def queues():
    assert call("create_queue", {"queue_name": "Q_PY", "cu_count": 16})["queue_name"] == "q_py"
    queue = {"queue_name": "q_py"}
    assert call("list_queues")["queues"][0]["queue_name"] == "q_py"
    call("show_queue", **queue)
    call("run_queue_action", {"action": "scale_out", "cu_count": 16}, **queue)
    call("update_queue_cidr", {"cidr_in_vpc": "10.0.0.0/16"}, **queue)
    task = call("create_connectivity_task", {"address": "10.0.0.1:80"}, **queue)["task_id"]
    until(lambda: call("show_connectivity_task", task_id=str(task), **queue)["connectivity"] == "UNREACHABLE")
    plan = {"plan_name": "p", "target_cu": 64, "start_hour": 1, "start_minute": 0}
    call("create_queue_plan", plan, **queue)
    number = call("list_queue_plans", **queue)["plans"][0]["id"]
    call("update_queue_plan", plan, plan_id=str(number), **queue)
    call("delete_queue_plan", plan_id=number, **queue)
    call("create_queue_plan", plan, **queue)
    number = call("list_queue_plans", **queue)["plans"][0]["id"]
    call("batch_delete_queue_plans", {"plan_ids": [number]}, **queue)
    call("create_queue_property", {"properties": {"job.maxConcurrent": 3}}, **queue)
    call("update_queue_property", {"properties": {"computeEngine.maxInstance": 3}}, **queue)
    assert len(call("list_queue_properties", **queue)["properties"]) == 2
    call("delete_queue_property", {"keys": ["job.maxConcurrent"]}, **queue)
    call("register_authorized_queue", {
        "queue_name": "q_py", "user_name": "ann", "action": "grant", "privileges": ["SUBMIT_JOB"]})
    assert len(call("list_queue_users", **queue)["privileges"]) == 2
    tags = {"resource_type": "dli_queue"}
    call("batch_create_resource_tags", {"tags": [{"key": "k", "value": "v"}]}, resource_id="q_py", **tags)
    assert call("show_resource_tags", resource_id="q_py", **tags)["tags"][0]["value"] == "v"
    call("list_resources_tags", **tags)
    wanted = {"tags": [{"key": "k", "values": ["v"]}]}
    assert call("list_resources_by_tags", wanted, **tags)["total_count"] == 1
    assert call("count_resources_by_tags", wanted, **tags)["total_count"] == 1
    call("batch_delete_resource_tags", {"tags": [{"key": "k", "value": "v"}]}, resource_id="q_py", **tags)
    call("show_quota")
    call("delete_queue", **queue)
    expect("DLI.0002", "show_queue", **queue)


def pools():
    pool = {"elastic_resource_pool_name": "pool_py"}

    def available():
        return call("list_elastic_resource_pools", name="pool_py")["elastic_resource_pools"][0]["status"] == "AVAILABLE"

    call("create_elastic_resource_pool", {"min_cu": 64, "max_cu": 128, **pool})
    until(available)
    call("update_elastic_resource_pool", {"min_cu": 96, "max_cu": 256}, **pool)
    until(available)
    call("list_elastic_resource_pool_scale_records", **pool)
    call("create_queue", {"queue_name": "q_pool", "cu_count": 16})
    call("associate_queue_to_elastic_resource_pool", {"queue_name": "q_pool"}, **pool)
    policy = {"priority": 1, "impact_start_time": "00:00", "impact_stop_time": "24:00", "min_cu": 16, "max_cu": 64}
    call("update_elastic_resource_pool_queue", {"queue_scaling_policies": [policy]}, queue_name="q_pool", **pool)
    assert call("list_elastic_resource_pool_queues", **pool)["count"] == 1
    call("delete_queue", queue_name="q_pool")
    call("delete_elastic_resource_pool", **pool)


def data():
    call("create_database", {"database_name": "db_py"})
    database = {"database_name": "db_py"}
    assert call("list_databases")["database_count"] == 1
    call("update_database_owner", {"new_owner": "bob"}, **database)
    call("create_table", {
        "table_name": "t", "data_location": "OBS", "data_type": "csv", "data_path": "obs://b/f",
        "columns": [{"column_name": "a", "type": "int"},
                    {"column_name": "p", "type": "string", "is_partition_column": True}]}, **database)
    call("create_table", {
        "table_name": "d", "data_location": "DLI", "columns": [{"column_name": "a", "type": "int"}]}, **database)
    assert call("list_tables", **database)["table_count"] == 2
    table = {"table_name": "t", **database}
    assert call("show_table", **table)["column_count"] == 2
    call("update_table_owner", {"new_owner": "bob"}, **table)
    call("list_partitions", **table)
    call("preview_table", table_name="d", **database)
    grant = [{"object": "databases.db_py.tables.t", "privileges": ["SELECT"]}]
    call("run_data_authorization_action", {"user_name": "ann", "action": "grant", "privileges": grant})
    call("run_authorization_action", {"user_name": "bea", "action": "grant", "privileges": grant})
    call("list_database_users", **database)
    assert len(call("list_table_users", **table)["privileges"]) == 3
    call("list_table_privileges", user_name="ann", **table)
    call("list_authorization_privileges", object="databases.db_py.tables.t")
    moved = {"database_name": "db_py", "table_name": "d", "data_path": "obs://b/f", "data_type": "csv"}
    call("import_table", moved)
    call("export_table", {"compress": "none", **moved})
    call("delete_table", table_name="d", **database)
    call("delete_database", cascade=True, **database)


def sql():
    import json
    from urllib.request import Request, urlopen

    script = {"contains": "numbers", "schema": [{"n": "int"}], "rows": [[n] for n in range(5)]}
    head = {"Content-Type": "application/json"}
    urlopen(Request(f"{options.url}/_emulator/sql-scripts", json.dumps(script).encode(), head)).read()
    job = {"job_id": call("create_sql_job", {"sql": "select n from numbers", "queue_name": "default"})["job_id"]}
    until(lambda: call("show_sql_job_status", **job)["status"] == "FINISHED")
    assert call("preview_sql_job_result", **job)["rows"] == [[0], [1], [2], [3], [4]]
    call("show_sql_job_detail", **job)
    call("show_sql_job_progress", **job)
    call("export_sql_job_result", {"data_path": "obs://b/out", "data_type": "json"}, **job)
    call("check_sql", {"sql": "select n from numbers"})
    assert call("list_sql_jobs", **{"job-status": "FINISHED"})["job_count"] >= 1
    unscripted = call("create_sql_job", {"sql": "select 42"})["job_id"]
    until(lambda: call("show_sql_job_status", job_id=unscripted)["status"] == "FAILED")
    script = {"contains": "slow", "schema": [], "rows": [], "delay_ms": 60000}
    urlopen(Request(f"{options.url}/_emulator/sql-scripts", json.dumps(script).encode(), head)).read()
    waiting = call("create_sql_job", {"sql": "select slow"})["job_id"]
    call("cancel_sql_job", job_id=waiting)
    template = call("create_sql_job_template", {"sql_name": "t_py", "sql": "select 1"})["sql_id"]
    call("list_sql_job_templates")
    call("list_sql_sample_templates")
    call("update_sql_job_template", {"sql": "select 2"}, sql_id=template)
    call("batch_delete_sql_job_templates", {"sql_ids": [template]})
    rule = {"rule_name": "r_py", "rule_id": "static_0001", "category": "static",
            "engine_rules": {"spark": {"hint": {"param": 3}}}, "queue_names": ["default"]}
    call("create_sql_job_defend_rule", rule)
    uuid = call("list_sql_job_defend_rules")["rules"][0]["rule_uuid"]
    call("show_sql_job_defend_rule", rule_id=uuid)
    call("update_sql_job_defend_rule", rule, rule_id=uuid)
    call("delete_sql_job_defend_rule", rule_id=uuid)
    call("list_sql_job_system_defend_rules")
    call("show_sql_job_system_defend_rule", rule_id="static_0001")


def spark():
    job = {"batch_id": call("create_spark_job", {"file": "a.jar", "class_name": "M", "className": "M"})["id"]}
    until(lambda: call("show_spark_job_status", **job)["state"] == "success")
    call("show_spark_job", **job)
    assert "not run" in call("show_spark_job_log", **job)["log"][0]
    assert call("list_spark_jobs")["total"] == 1
    for attempt in range(5):
        other = call("create_spark_job", {"file": "a.jar", "class_name": "M", "className": "M"})["id"]
        try:
            call("cancel_spark_job", batch_id=other)
            break
        except ClientRequestException:
            # It ended before: a job takes a tenth of a second.
            if attempt == 4:
                raise
            failed.pop("cancel_spark_job")
    body = '{"file": "a.jar", "className": "M"}'
    template = {"template_id": call("create_spark_job_template", {"type": "SPARK", "name": "t_py", "body": body})["id"]}
    call("list_spark_job_templates", type="spark")
    call("show_spark_job_template", **template)
    call("update_spark_job_template", {"name": "t_py", "body": body}, **template)
    files = {"paths": ["obs://b/a.jar"], "group": "g_py"}
    call("upload_job_resources", {"kind": "jar", **files})
    call("upload_jar_job_resources", files)
    call("upload_python_file_job_resources", {"paths": ["obs://b/a.py"], "group": "g_py2"})
    call("upload_file_job_resources", {"paths": ["obs://b/a.txt"], "group": "g_py3"})
    assert call("list_job_resources")["total"] == 3
    call("show_job_resource", resource_name="a.jar", group="g_py")
    call("update_job_resource_owner", {"group_name": "g_py", "new_owner": "someone"})
    call("delete_job_resource", resource_name="a.jar", group="g_py")


def flink():
    job = call("create_flink_sql_job", {"name": "f_py", "sql_body": "x"})["job"]["job_id"]
    call("update_flink_sql_job", {"desc": "d"}, job_id=job)
    jar = call("create_flink_jar_job", {"name": "f_py2", "entrypoint": "a.jar"})["job"]["job_id"]
    call("update_flink_jar_job", {"entrypoint_args": "a"}, job_id=jar)

    def state(wanted):
        until(lambda: call("show_flink_job", job_id=job)["job_detail"]["status"] == wanted)

    call("batch_run_flink_jobs", {"job_ids": [job]})
    state("job_running")
    call("show_flink_job_execution_graph", job_id=job)
    call("show_flink_metric", {"job_ids": [job]})
    call("execute_flink_job_savepoint", {"action": "TRIGGER", "savepoint_path": "b/p/"}, job_id=job)
    state("job_running")
    call("batch_stop_flink_jobs", {"job_ids": [job]})
    state("job_cancel_success")
    call("import_flink_job_savepoint", {"job_id": job, "savepoint_path": "obs://b/p"}, job_id=job)
    call("create_flink_sql_job_graph", {"sql_body": "x"}, job_id=job)
    assert call("list_flink_jobs")["job_list"]["total_count"] == 2
    exported = call("export_flink_jobs", {"obs_dir": "obs://b/d", "is_selected": False})
    call("delete_flink_job", job_id=job)
    expect("DLI.16001", "show_flink_job", job_id=job)
    call("import_flink_jobs", {"zip_file": exported["zip_file"][0]})
    call("batch_delete_flink_jobs", {"job_ids": [jar]})
    call("register_bucket", {"obs_buckets": ["bucket-py"]})
    template = call("create_flink_sql_job_template", {"name": "t_py"})["template"]["template_id"]
    call("list_flink_sql_job_templates")
    call("update_flink_sql_job_template", {"desc": "d"}, template_id=template)
    call("delete_flink_sql_job_template", template_id=template)
    call("create_ief_message_channel", {"node_id": "n"})
    report = {"jobs": [], "message_id": "m", "msg_confirm_topic": "t"}
    call("update_flink_job_status_report", report)
    call("run_ief_job_action_call_back", {"message_id": "m", "state": {"phase": "SUCCEEDED"}})
    call("create_ief_system_events", {"data": {
        "event_type": "deployment", "operation": "updated", "timestamp": 1, "topic": "t", "name": "n"}})


def rest():
    call("create_dli_agency", {"roles": ["obs_adm"]})
    assert call("show_dli_agency")["current_roles"] == ["obs_adm"]
    bind = {"action": "bind", "name": "c_py", "parameters": {"type": "lakeformation", "externalCatalog": "x"}}
    call("run_catalog_action", bind)
    until(lambda: call("show_catalog", catalog_name="c_py")["status"] == "ACTIVE")
    call("list_catalogs")
    info = {"auth_info_name": "a_py", "datasource_type": "passwd", "user_name": "u", "password": "p"}
    for create, listed, update, delete in [
        ("create_auth_info", "list_auth_info", "update_auth_info", "delete_auth_info"),
        ("create_job_auth_info", "list_job_auth_infos", "update_job_auth_info", "delete_job_auth_info"),
    ]:
        call(create, info)
        call(listed)
        call(update, {"auth_info_name": "a_py", "user_name": "w"})
        call(delete, auth_info_name="a_py")
    call("create_global_variable", {"var_name": "v_py", "var_value": "1"})
    call("list_global_variables")
    call("update_global_variable", {"var_value": "2"}, var_name="v_py")
    call("delete_global_variable", var_name="v_py")
    pool = {"elastic_resource_pool_name": "paid_py"}
    if hasattr(client, "create_period_elastic_resource_pool_spec_change_order"):
        # The SDK has the change of an order but not the order, which is sent by hand.
        client_order(pool)
        until(lambda: call("list_elastic_resource_pools", name="paid_py")["elastic_resource_pools"][0]["status"] == "AVAILABLE")
        call("create_period_elastic_resource_pool_spec_change_order", {"target_cu": 96, **pool})


def client_order(pool):
    import json
    from urllib.request import Request, urlopen

    order = {"min_cu": 64, "max_cu": 128, "charging_mode": 2, "period_type": "month", **pool}
    seed = {"requests": [{"operation": "create_period_elastic_resource_pool_order",
                          "project": options.project_id, "body": order}]}
    head = {"Content-Type": "application/json"}
    urlopen(Request(f"{options.url}/_emulator/seed", json.dumps(seed).encode(), head)).read()


def wrong_key():
    global client
    client = client_with("another secret")
    try:
        expect("APIGW.0301", "list_queues")
    finally:
        client = client_with(options.secret_key)


broken = []
for lifecycle in [connections, queues, pools, data, sql, spark, flink, rest, wrong_key]:
    try:
        lifecycle()
        print(f"lifecycle {lifecycle.__name__}: whole")
    except Exception as error:
        broken.append(lifecycle.__name__)
        print(f"lifecycle {lifecycle.__name__}: BROKEN: {type(error).__name__}: {error}")
        traceback.print_exc(limit=-2)

own = [name for name in dir(sdk.DliClient) if re.match(r"[a-z]", name)]
operations = {name[: -len("_invoker")] for name in own if name.endswith("_invoker")}
missed = sorted(operations - passed - failed.keys())
for name, problem in sorted(failed.items()):
    print(f"FAILED {name}: {problem}")
for name in missed:
    print(f"NOT CALLED {name}")
print(f"{len(passed - failed.keys())} passed, {len(failed)} failed, {len(missed)} not called, of {len(operations)} of the SDK")
sys.exit(1 if failed or missed or broken else 0)
