//! Packages and package groups that jobs name as resources.

use serde_json::json;

use super::{Table, obs};
use crate::call::{Call, done};
use crate::error::{ApiError, ApiResult};
use crate::store::{Object, Timeline};
use crate::view::{View, view};

pub(super) const TABLE: Table = &[
    ("upload_job_resources", upload),
    ("upload_jar_job_resources", upload_jars),
    ("upload_python_file_job_resources", upload_python),
    ("upload_file_job_resources", upload_files),
    ("list_job_resources", list),
    ("show_job_resource", show),
    ("delete_job_resource", delete),
    ("update_job_resource_owner", update_owner),
];

/// Packages are below their group, or below nothing.
pub(super) const KIND: &str = "resource";
pub(super) const GROUP: &str = "resource_group";

fn upload(call: &Call<'_>) -> ApiResult {
    store(call, call.text("kind"), call.body["is_async"] == json!(true))
}

fn upload_jars(call: &Call<'_>) -> ApiResult {
    replace(call, "jar")
}

fn upload_python(call: &Call<'_>) -> ApiResult {
    replace(call, "pyFile")
}

fn upload_files(call: &Call<'_>) -> ApiResult {
    replace(call, "file")
}

/// These three overwrite the group.
fn replace(call: &Call<'_>, kind: &str) -> ApiResult {
    call.objects.delete_below(call.project, KIND, call.text("group"))?;
    store(call, kind, false)
}

fn store(call: &Call<'_>, kind: &str, asynchronous: bool) -> ApiResult {
    let group = call.text("group").to_owned();
    let paths = call.texts("paths");
    if paths.is_empty() {
        return Err(ApiError::invalid("The field `paths` of the body names no file."));
    }
    let timeline = match asynchronous || call.failure.is_some() {
        true => call.settle("UPLOADING", "READY", "FAILED"),
        false => Timeline::starting(call.now, "READY"),
    };
    let mut stored: Vec<Object> = Vec::new();
    for path in paths {
        let name = obs::file_name("paths", path)?;
        let doc = json!({ "path": path, "kind": kind, "owner": call.caller.user, "is_async": asynchronous });
        let package = match call.objects.get(call.project, KIND, &group, name)? {
            Some(mut package) => {
                package.doc = doc.as_object().cloned().unwrap_or_default();
                package.timeline = timeline.clone();
                call.update(&mut package)?;
                package
            }
            None => {
                let mut package = Object::new(name, name, call.now, doc)
                    .below(&group)
                    .with_timeline(timeline.clone());
                call.insert(KIND, &mut package)?;
                package
            }
        };
        stored.retain(|other| other.seq != package.seq);
        stored.push(package);
    }
    let mut created = call.now;
    if !group.is_empty() {
        let mut object = match call.find(GROUP, &group)? {
            Some(object) => object,
            None => {
                let mut object =
                    Object::new(&group, &group, call.now, json!({ "owner": call.caller.user }));
                call.insert(GROUP, &mut object)?;
                object
            }
        };
        object.set("is_async", asynchronous);
        object.timeline = timeline.clone();
        if !call.body["tags"].is_null() {
            object.set("tags", call.body["tags"].clone());
        }
        call.update(&mut object)?;
        created = object.created;
    }
    let details = stored.iter().map(|package| view(call, package).with("is_async", asynchronous));
    call.write(&view! {
        "group_name": group,
        "status": timeline.state(call.now),
        "resources": View::list(stored.iter().map(|package| &package.name)),
        "create_time": created,
        "update_time": call.now,
        "is_async": asynchronous,
        "owner": &call.caller.user,
        "details": View::list(details),
    })
}

fn list(call: &Call<'_>) -> ApiResult {
    let wanted = call.query("kind");
    let tagged =
        |object: &Object| call.query("tags").is_none_or(|filter| call.has_tags(object, filter));
    let packages_of = |group: &str| -> ApiResult<Vec<Object>> {
        let mut packages = call.objects.list(call.project, KIND, group)?;
        packages.retain(|package| wanted.is_none_or(|kind| kind == package.text("kind")));
        Ok(packages)
    };
    let mut alone = packages_of("")?;
    alone.retain(tagged);
    let mut total = alone.len();
    let mut groups = Vec::new();
    for group in call.list(GROUP)? {
        let packages = packages_of(&group.name)?;
        if !tagged(&group) || (wanted.is_some() && packages.is_empty()) {
            continue;
        }
        total += packages.len();
        groups.push((group, packages));
    }
    let groups = groups.iter().map(|(group, packages)| {
        view! {
            "group_name": &group.name,
            "status": group.timeline.state(call.now),
            "resources": View::list(packages.iter().map(|package| &package.name)),
            "create_time": group.created,
            "update_time": group.updated,
            "is_async": group.get("is_async"),
            "owner": group.get("owner"),
            "details": View::list(packages.iter().map(|package| view(call, package))),
        }
    });
    call.write(&view! {
        "resources": View::list(alone.iter().map(|package| view(call, package))),
        "modules": View::List(Vec::new()),
        "groups": View::list(groups),
        "total": total,
    })
}

fn show(call: &Call<'_>) -> ApiResult {
    let name = call.path("resource_name");
    let group = call.query("group").unwrap_or_default();
    let package = call.objects.get(call.project, KIND, group, name)?;
    let package = package.ok_or_else(|| ApiError::not_found("package", name))?;
    call.write(&view(call, &package))
}

/// What is missing here is answered with 404, other than elsewhere.
fn missing(what: &str, name: &str) -> ApiError {
    ApiError::new(404, "DLI.0023", format!("There is no {what} `{name}` in this project."))
}

fn delete(call: &Call<'_>) -> ApiResult {
    let name = call.path("resource_name");
    let group = call.query("group").unwrap_or_default();
    let package = call.objects.get(call.project, KIND, group, name)?;
    call.delete(&package.ok_or_else(|| missing("package", name))?)?;
    // A group goes with the last of its packages.
    if !group.is_empty()
        && call.objects.count(call.project, KIND, group)? == 0
        && let Some(empty) = call.find(GROUP, group)?
    {
        call.delete(&empty)?;
    }
    Ok(done())
}

fn update_owner(call: &Call<'_>) -> ApiResult {
    let (group, name, owner) =
        (call.text("group_name"), call.text("resource_name"), call.text("new_owner"));
    if owner.is_empty() {
        return Err(ApiError::invalid("The field `new_owner` of the body is missing."));
    }
    let mut object = match (group, name) {
        ("", "") => {
            return Err(ApiError::invalid(
                "The body must hold `group_name`, `resource_name` or both.",
            ));
        }
        (group, "") => call.find(GROUP, group)?.ok_or_else(|| missing("package group", group))?,
        (group, name) => call
            .objects
            .get(call.project, KIND, group, name)?
            .ok_or_else(|| missing("package", name))?,
    };
    object.set("owner", owner);
    call.update(&mut object)?;
    Ok(done())
}

fn view<'o>(call: &Call<'_>, package: &'o Object) -> View<'o> {
    view! {
        "create_time": package.created,
        "update_time": package.updated,
        "resource_type": package.get("kind"),
        "resource_name": &package.name,
        "status": package.timeline.state(call.now),
        "underlying_name": &package.name,
        "owner": package.get("owner"),
    }
}
