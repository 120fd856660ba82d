//! Basic (classic) connections: a state for each queue; active once all of them are.

use dli_api::types::{ConnectionStatus, DatasourceConnection};

use super::{Look, Meaning, Waiter, gone};
use crate::handles::DatasourceConnections;

const SHOW: &str = "show_datasource_connection";

impl DatasourceConnections {
    /// Waits until the connection is `ACTIVE` for each of its queues. `FAILED` for one of them is
    /// an error.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// let connection = dli.datasource_connections().wait_until_active("3f9c…").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_until_active(
        &self,
        connection_id: impl Into<String>,
    ) -> Waiter<DatasourceConnection> {
        let (handle, id) = (self.clone(), connection_id.into());
        Waiter::new(SHOW, format!("datasource connection {id}"), move || {
            let (handle, id) = (handle.clone(), id.clone());
            async move {
                let connection = handle.show(&id).await?.into_inner();
                Ok(look(connection, |status, queue| match status {
                    ConnectionStatus::Active => Meaning::Done,
                    ConnectionStatus::Failed => {
                        Meaning::Failed(format!("it could not be set up for {queue}"))
                    }
                    ConnectionStatus::Deleted => Meaning::Failed("it was deleted".to_owned()),
                    _ => Meaning::Pending,
                }))
            }
        })
    }

    /// Waits until the connection is gone: not found, or `DELETED` for each of its queues.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// dli.datasource_connections().delete("3f9c…").await?;
    /// dli.datasource_connections().wait_until_gone("3f9c…").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_until_gone(
        &self,
        connection_id: impl Into<String>,
    ) -> Waiter<Option<DatasourceConnection>> {
        let (handle, id) = (self.clone(), connection_id.into());
        Waiter::new(SHOW, format!("datasource connection {id}"), move || {
            let (handle, id) = (handle.clone(), id.clone());
            async move {
                let found = handle.show(&id).await;
                gone(found.map(|connection| {
                    look(connection.into_inner(), |status, _| match status {
                        ConnectionStatus::Deleted => Meaning::Done,
                        _ => Meaning::Pending,
                    })
                }))
            }
        })
    }
}

/// Of the queues, the one that is furthest behind speaks for the connection.
fn look(
    connection: DatasourceConnection,
    meaning: impl Fn(&ConnectionStatus, &str) -> Meaning,
) -> Look<DatasourceConnection> {
    let mut name = "unknown".to_owned();
    let mut all = Meaning::Pending;
    for (nth, queue) in connection.available_queue_info.iter().flatten().enumerate() {
        let Some(status) = queue.status.as_ref().map(ConnectionStatus::normalized) else {
            (name, all) = ("unknown".to_owned(), Meaning::Pending);
            continue;
        };
        let one = meaning(&status, queue.name.as_deref().unwrap_or("a queue"));
        if nth == 0 || one != Meaning::Done {
            name = status.as_str().to_owned();
            all = one;
        }
        if matches!(all, Meaning::Failed(_)) {
            break;
        }
    }
    Look { name, progress: None, meaning: all, value: connection }
}
