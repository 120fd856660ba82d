//! From a region to the address of the service.

use super::{Origin, Sourced, Surroundings};
use crate::Error;

/// Before the region's name in the vendor's variables for endpoints.
const ENDPOINT_VARIABLE: &str = "HUAWEICLOUD_SDK_REGION_DLI_";
/// Variables that name the region; the second is the one Terraform uses.
const REGION_VARIABLES: [&str; 2] = ["HUAWEICLOUD_SDK_REGION", "HW_REGION_NAME"];

/// The region of the surroundings.
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

/// The endpoint of a region.
pub(super) fn find_endpoint(region: &str, around: &Surroundings) -> Result<Sourced<String>, Error> {
    let name = format!("{ENDPOINT_VARIABLE}{}", region.to_ascii_uppercase().replace('-', "_"));
    if let Some(value) = around.var(&name) {
        // The vendor takes several, separated by commas; the first is the preferred one.
        let first = value.split(',').next().unwrap_or_default().trim().to_owned();
        return Ok(Sourced::new(normalized(&first)?, Origin::Variable(name)));
    }
    match dli_api::REGIONS.iter().find(|known| known.name == region) {
        Some(known) => Ok(Sourced::new(format!("https://{}", known.host), Origin::BuiltIn)),
        None => {
            let known: Vec<_> = dli_api::REGIONS.iter().map(|region| region.name).collect();
            Err(Error::configuration(format!("the region `{region}` is not known")).hint(format!(
                "give its endpoint with Builder::endpoint, or as {name}; known are {}",
                known.join(", ")
            )))
        }
    }
}

/// An endpoint as it is used: with a scheme, without a slash at its end.
pub(super) fn normalized(endpoint: &str) -> Result<String, Error> {
    let invalid = |why: &str| {
        Error::configuration(format!("the endpoint `{endpoint}` cannot be used: {why}"))
            .hint("give it as https://host or https://host:port/path")
    };
    let text = match endpoint.contains("://") {
        true => endpoint.to_owned(),
        false => format!("https://{endpoint}"),
    };
    let url = reqwest::Url::parse(&text).map_err(|error| invalid(&error.to_string()))?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(invalid("its scheme is neither https nor http"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(invalid("it names no host"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("it holds a query or a fragment"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::configuration("the endpoint holds a user name or a password")
            .hint("give credentials to the builder instead"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}
