//! Elastic resource pools: CREATING or SCALING → AVAILABLE; FAILED is final; absence is gone.

use dli_api::types::{ElasticResourcePool, ElasticResourcePoolStatus};
use futures_util::StreamExt;

use super::{Look, Meaning, Waiter};
use crate::Error;
use crate::handles::{ElasticResourcePools, ListElasticResourcePoolsParams};

const LIST: &str = "list_elastic_resource_pools";

impl ElasticResourcePools {
    /// Waits until the pool is `AVAILABLE`: created, or done with scaling. `FAILED` and a pool
    /// that is not there are errors.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// let pool = dli.elastic_resource_pools().wait_until_available("pool_1").await?;
    /// println!("{:?} CUs", pool.current_cu);
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_until_available(&self, name: impl Into<String>) -> Waiter<ElasticResourcePool> {
        let name = name.into();
        let what = format!("elastic resource pool {name}");
        Waiter::of(LIST, what, self, name, |handle, name| async move {
            let Some(pool) = handle.find(&name).await? else {
                return Ok(Look::new(
                    "missing",
                    Meaning::failed("there is no pool of this name"),
                    ElasticResourcePool::default(),
                ));
            };
            let status = pool.status.as_ref().map(ElasticResourcePoolStatus::normalized);
            let meaning = match &status {
                Some(ElasticResourcePoolStatus::Available) => Meaning::Done,
                Some(ElasticResourcePoolStatus::Failed) => Meaning::failed(
                    pool.fail_reason.as_deref().unwrap_or("the service does not say why"),
                ),
                _ => Meaning::Pending,
            };
            let name = status.as_ref().map_or("unknown", |status| status.as_str()).to_owned();
            Ok(Look::new(name, meaning, pool))
        })
    }

    /// Waits until there is no pool of this name.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// dli.elastic_resource_pools().delete("pool_1").await?;
    /// dli.elastic_resource_pools().wait_until_gone("pool_1").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_until_gone(&self, name: impl Into<String>) -> Waiter<Option<ElasticResourcePool>> {
        let name = name.into();
        let what = format!("elastic resource pool {name}");
        Waiter::of(LIST, what, self, name, |handle, name| async move {
            let pool = handle.find(&name).await?;
            let state = match &pool {
                None => "gone".to_owned(),
                Some(pool) => {
                    pool.status.as_ref().map_or("unknown", |status| status.as_str()).to_owned()
                }
            };
            Ok(Look::new(state, Meaning::done_if(pool.is_none()), pool))
        })
    }

    /// The pool of this name. The service has no operation for one pool, and gives names back
    /// in lower case.
    async fn find(&self, name: &str) -> Result<Option<ElasticResourcePool>, Error> {
        let params = ListElasticResourcePoolsParams::default().name(name);
        let mut pools = self.list_items(params);
        while let Some(pool) = pools.next().await {
            let pool = pool?;
            let found = pool.elastic_resource_pool_name.as_deref();
            if found.is_some_and(|found| found.eq_ignore_ascii_case(name)) {
                return Ok(Some(pool));
            }
        }
        Ok(None)
    }
}
