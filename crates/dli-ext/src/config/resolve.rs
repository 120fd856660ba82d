//! The order in which values are looked for: the builder (and a profile it names), the vendor's
//! environment variables, the vendor's files, a profile of our own, what is built in.

use std::sync::Arc;

use dli_sign::provide::IamPasswordProvider;

use super::builder::{Builder, Credentials};
use super::{Addresses, Foreign, Identity, Origin, Profile, Sourced, region};
use crate::Error;

impl Builder {
    pub(super) fn found_region(
        &self,
        explicit: Option<&Profile>,
        last: Option<&Profile>,
    ) -> Option<Sourced<String>> {
        match &self.region {
            Some(region) => Some(Sourced::new(region.trim().to_owned(), Origin::Explicit)),
            None => explicit
                .and_then(|profile| profile.get("region"))
                .or_else(|| region::find_region(&self.around))
                .or_else(|| last?.get("region")),
        }
    }

    pub(super) fn found_endpoint(
        &self,
        explicit: Option<&Profile>,
        last: Option<&Profile>,
        region: Option<&Sourced<String>>,
    ) -> Result<Sourced<String>, Error> {
        let normalized = |found: Sourced<String>| {
            Ok(Sourced::new(region::normalized(&found.value)?, found.origin))
        };
        if let Some(endpoint) = &self.endpoint {
            return normalized(Sourced::new(endpoint.clone(), Origin::Explicit));
        }
        // Where a profile names a region, its endpoint is that region's and no other's.
        let of = |profile: Option<&Profile>| profile?.get_for(region, "endpoint");
        if let Some(found) = of(explicit) {
            return normalized(found);
        }
        let of_profile = of(last);
        match (region, of_profile) {
            (Some(region), of_profile) => {
                let found = region::find_endpoint(&region.value, &self.around);
                match (found, of_profile) {
                    // The environment and the vendor's files go before a profile that no one
                    // asked for; what is built in goes after it.
                    (Ok(found), Some(_)) if found.origin != Origin::BuiltIn => Ok(found),
                    (_, Some(of_profile)) => normalized(of_profile),
                    (found, None) => found,
                }
            }
            (None, Some(of_profile)) => normalized(of_profile),
            (None, None) => {
                Err(Error::configuration("neither a region nor an endpoint is configured").hint(
                    "give one with Builder::region or Builder::endpoint, or set \
                     HUAWEICLOUD_SDK_REGION",
                ))
            }
        }
    }

    pub(super) fn found_project(
        &self,
        explicit: Option<&Profile>,
        last: Option<&Profile>,
        foreign: Option<&Foreign>,
    ) -> Result<Option<Sourced<Arc<str>>>, Error> {
        const VARIABLE: &str = "HUAWEICLOUD_SDK_PROJECT_ID";
        let given = match &self.credentials {
            Credentials::Given(authentication) => authentication.project_id(),
            _ => None,
        };
        // A project belongs to one region. Where a profile says that this id is of another one, no
        // file's word for it counts, whichever file it is.
        let local = |id: &Sourced<String>| foreign.is_none_or(|foreign| foreign.id != id.value);
        let explicitly = |id: &str| Sourced::new(id.trim().to_owned(), Origin::Explicit);
        let found = self
            .project_id
            .as_deref()
            .or(given)
            .map(explicitly)
            .or_else(|| explicit?.get("project_id").filter(local))
            .or_else(|| {
                let id = self.around.var(VARIABLE)?;
                Some(Sourced::new(id, Origin::Variable(VARIABLE.to_owned())))
            })
            .or_else(|| super::vendor_file_value(&self.around, "project_id").filter(local))
            .or_else(|| last?.get("project_id").filter(local));
        match found {
            Some(id) if id.value.is_empty() => Err(Error::configuration("the project id is empty")
                .hint("give the id of the project of your region, or leave it out")),
            Some(id) => Ok(Some(Sourced::new(Arc::from(id.value), id.origin))),
            None => Ok(None),
        }
    }

    pub(super) fn found_identity(
        &mut self,
        profile: Option<&Profile>,
        client: &reqwest::Client,
        iam: &Sourced<String>,
        region: &Option<Sourced<String>>,
        project: &Option<Sourced<Arc<str>>>,
        foreign: Option<&Foreign>,
    ) -> Result<Identity, Error> {
        // Keys of a profile or of the vendor's file bring along the project that stands beside them.
        // Where that is the one to use after all, someone said so outright.
        let foreign = foreign
            .filter(|foreign| project.as_ref().is_none_or(|used| *used.value != *foreign.id))
            .map(|foreign| foreign.id.clone());
        let ctx = self.around.context(client.clone());
        match std::mem::replace(&mut self.credentials, Credentials::Search) {
            Credentials::Given(authentication) => {
                Ok(Identity::Fixed(authentication, Origin::Explicit))
            }
            Credentials::Custom(make) => Ok(make((ctx, self.cache, foreign))),
            Credentials::Login { domain, user, password } => {
                let provider =
                    IamPasswordProvider::new(&iam.value, domain, user, password.expose());
                let provider = match (project, region) {
                    (Some(project), _) => provider.project_id(&*project.value),
                    (None, Some(region)) => provider.project_name(&region.value),
                    (None, None) => {
                        return Err(Error::configuration(
                            "a password login needs a project, or a region to find it by",
                        )
                        .hint("give one with Builder::project_id or Builder::region"));
                    }
                };
                Ok(Identity::token_from(ctx, "password login", provider, self.cache))
            }
            Credentials::Search => match profile {
                Some(profile) if profile.explicit && profile.has_credentials() => {
                    let provider = profile.provider(&iam.value);
                    Ok(Identity::keys_from(
                        ctx,
                        "profile named to the builder",
                        provider,
                        self.cache,
                        foreign,
                    ))
                }
                _ => {
                    let last = profile.filter(|profile| !profile.explicit);
                    let at = Addresses {
                        iam: &iam.value,
                        sts: region::find_sts(iam, &self.around),
                        metadata: self.metadata_endpoint.as_deref(),
                    };
                    Ok(Identity::standard(ctx, last, at, self.cache, foreign))
                }
            },
        }
    }
}
