//! Basic (classic) connections: a state of their own, and one for each queue.

use dli_api::types::{ConnectionStatus, DatasourceConnection};

use super::{Look, Meaning, Waiter, gone};
use crate::handles::DatasourceConnections;

const SHOW: &str = "show_datasource_connection";

impl DatasourceConnections {
    /// Waits until the connection is `ACTIVE`; `FAILED` and `DELETED` are errors.
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

    /// Waits until the connection is gone: not found, or `DELETED`.
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

/// The connection's own state speaks for it; where an edition leaves it out, the queue that is
/// furthest behind does.
fn look(
    connection: DatasourceConnection,
    meaning: impl Fn(&ConnectionStatus, &str) -> Meaning,
) -> Look<DatasourceConnection> {
    let progress = connection.process;
    if let Some(state) = connection.state.as_ref().map(ConnectionStatus::normalized) {
        let meaning = meaning(&state, "the connection");
        return Look { name: state.as_str().to_owned(), progress, meaning, value: connection };
    }
    let mut name = "unknown".to_owned();
    let mut all = Meaning::Pending;
    for (nth, queue) in connection.available_queue_info.iter().flatten().enumerate() {
        let Some(status) = queue.status.as_ref().map(ConnectionStatus::normalized) else {
            (name, all) = ("unknown".to_owned(), Meaning::Pending);
            break;
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
    Look { name, progress, meaning: all, value: connection }
}
