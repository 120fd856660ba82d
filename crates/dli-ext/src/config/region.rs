//! From a region to the addresses of the service and of the identity service (IAM).

use std::collections::HashMap;

use serde::Deserialize;

use super::{Origin, Sourced, Surroundings};
use crate::Error;

/// Before the region's name in the vendor's variables for endpoints.
const ENDPOINT_VARIABLE: &str = "HUAWEICLOUD_SDK_REGION_DLI_";
/// Variables that name the region; the second is the one Terraform uses.
const REGION_VARIABLES: [&str; 2] = ["HUAWEICLOUD_SDK_REGION", "HW_REGION_NAME"];
const FILE_VARIABLE: &str = "HUAWEICLOUD_SDK_REGIONS_FILE";
const IAM_VARIABLE: &str = "HUAWEICLOUD_SDK_IAM_ENDPOINT";
const USUAL_IAM: &str = "https://iam.myhuaweicloud.com";
const STS_VARIABLE: &str = "HUAWEICLOUD_SDK_STS_ENDPOINT";

/// The region that the environment names.
pub(super) fn find_region(around: &Surroundings) -> Option<Sourced<String>> {
    for name in REGION_VARIABLES {
        if let Some(value) = around.var(name) {
            return Some(Sourced::new(value, Origin::Variable(name.to_owned())));
        }
    }
    // A single endpoint says which region is meant.
    match around.names(ENDPOINT_VARIABLE).as_slice() {
        [name] => {
            let region = name[ENDPOINT_VARIABLE.len()..].to_ascii_lowercase().replace('_', "-");
            Some(Sourced::new(region, Origin::Variable(name.clone())))
        }
        _ => None,
    }
}

/// The endpoint of a region: the environment's, the regions file's, the built-in one.
pub(super) fn find_endpoint(region: &str, around: &Surroundings) -> Result<Sourced<String>, Error> {
    let name = format!("{ENDPOINT_VARIABLE}{}", region.to_ascii_uppercase().replace('-', "_"));
    if let Some(value) = around.var(&name) {
        // The vendor takes several, separated by commas; the first is the preferred one.
        let first = value.split(',').next().unwrap_or_default().trim().to_owned();
        return Ok(Sourced::new(normalized(&first)?, Origin::Variable(name)));
    }
    // A file that cannot be read does not keep a known region from being used.
    let unread = match from_file(region, around) {
        Ok(Some(found)) => return Ok(found),
        Ok(None) => None,
        Err(error) => {
            tracing::warn!(%error, "the regions file is left out");
            Some(error)
        }
    };
    match dli_api::REGIONS.iter().find(|known| known.name == region) {
        Some(known) => Ok(Sourced::new(format!("https://{}", known.host), Origin::BuiltIn)),
        None => {
            let known: Vec<_> = dli_api::REGIONS.iter().map(|region| region.name).collect();
            let error =
                Error::configuration(format!("the region `{region}` is not known")).hint(format!(
                    "give its endpoint with Builder::endpoint, as {name}, or in \
                 ~/.huaweicloud/regions.yaml; known are {}",
                    known.join(", ")
                ));
            Err(match unread {
                Some(unread) => error.source_error(unread),
                None => error,
            })
        }
    }
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    endpoint: Option<String>,
    endpoints: Option<Vec<String>>,
}

/// The endpoint that the vendor's `regions.yaml` gives.
fn from_file(region: &str, around: &Surroundings) -> Result<Option<Sourced<String>>, Error> {
    let path = match around.var(FILE_VARIABLE) {
        Some(path) => path.into(),
        None => match around.home() {
            Some(home) => home.join(".huaweicloud").join("regions.yaml"),
            None => return Ok(None),
        },
    };
    let Some(text) = around.read(&path)? else { return Ok(None) };
    let place = path.display().to_string();
    let services = services(&text, &place)?;
    let Some((_, listed)) = services.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("dli"))
    else {
        return Ok(None);
    };
    let listed: Vec<Listed> = serde_json::from_value(listed).map_err(|error| {
        Error::configuration(format!("the regions of DLI in {place} cannot be read: {error}"))
            .hint("write them as `DLI: [{id: …, endpoint: …}]`")
    })?;
    let Some(found) = listed.into_iter().find(|listed| listed.id == region) else {
        return Ok(None);
    };
    let endpoint = found.endpoint.or_else(|| found.endpoints?.into_iter().next());
    match endpoint {
        Some(endpoint) => Ok(Some(Sourced::new(normalized(&endpoint)?, Origin::File(place)))),
        None => Ok(None),
    }
}

/// What a file of regions lists, by service.
#[cfg(feature = "regions-file")]
fn services(text: &str, place: &str) -> Result<HashMap<String, serde_json::Value>, Error> {
    serde_saphyr::from_str(text).map_err(|error| {
        Error::configuration(format!("{place} is not YAML of services and regions: {error}"))
            .hint("write it as `DLI: [{id: …, endpoint: …}]`")
    })
}

#[cfg(not(feature = "regions-file"))]
fn services(_: &str, place: &str) -> Result<HashMap<String, serde_json::Value>, Error> {
    Err(Error::configuration(format!("{place} is not read: this program was built without that"))
        .hint("build it with the feature `regions-file` of dli-ext, or use Builder::endpoint"))
}

/// The address of the identity service.
pub(super) fn find_iam(
    explicit: Option<&str>,
    named: Option<Sourced<String>>,
    last: Option<Sourced<String>>,
    region: Option<&str>,
    around: &Surroundings,
) -> Result<Sourced<String>, Error> {
    let variable = || {
        let endpoint = around.var(IAM_VARIABLE)?;
        Some(Sourced::new(endpoint, Origin::Variable(IAM_VARIABLE.to_owned())))
    };
    let explicit = explicit.map(|endpoint| Sourced::new(endpoint.to_owned(), Origin::Explicit));
    if let Some(found) = explicit.or(named).or_else(variable).or(last) {
        return Ok(Sourced::new(normalized(&found.value)?, found.origin));
    }
    let built_in = region
        .and_then(|region| dli_api::REGIONS.iter().find(|known| known.name == region))
        .and_then(|known| known.host.strip_prefix("dli."))
        .map_or_else(|| USUAL_IAM.to_owned(), |rest| format!("https://iam.{rest}"));
    Ok(Sourced::new(built_in, Origin::BuiltIn))
}

/// The address of the security token service (STS) where the identity service was configured, for
/// OIDC: beside it if that is named `iam.…`, as the vendor's are, or else the same. Nothing where
/// a variable names it, which goes before.
pub(super) fn find_sts(iam: &Sourced<String>, around: &Surroundings) -> Option<String> {
    let usual = iam.origin == Origin::BuiltIn || iam.value == USUAL_IAM;
    if usual || around.var(STS_VARIABLE).is_some() {
        return None;
    }
    let beside = iam
        .value
        .split_once("://")
        .and_then(|(scheme, rest)| Some(format!("{scheme}://sts.{}", rest.strip_prefix("iam.")?)));
    Some(beside.unwrap_or_else(|| iam.value.clone()))
}

/// An endpoint as it is used: with a scheme, without a slash at its end.
pub(super) fn normalized(endpoint: &str) -> Result<String, Error> {
    Ok(parsed(endpoint)?.as_str().trim_end_matches('/').to_owned())
}

/// The address of an endpoint.
pub(super) fn parsed(endpoint: &str) -> Result<reqwest::Url, Error> {
    let invalid = |why: &str| {
        Error::configuration(format!("the endpoint `{endpoint}` cannot be used: {why}"))
            .hint("give it as https://host or https://host:port/path")
    };
    let text = match endpoint.contains("://") {
        true => endpoint.to_owned(),
        false => format!("https://{endpoint}"),
    };
    let url = reqwest::Url::parse(&text).map_err(|error| invalid(&error.to_string()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::configuration("the endpoint holds a user name or a password")
            .hint("give credentials to the builder instead"));
    }
    if !matches!(url.scheme(), "https" | "http") {
        return Err(invalid("its scheme is neither https nor http"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(invalid("it names no host"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("it holds a query or a fragment"));
    }
    Ok(url)
}
