//! Enhanced connections: CREATING → ACTIVE or FAILED; DELETED, or not found, is gone.

use dli_api::types::{ConnectionStatus, EnhancedConnection};

use super::{Look, Meaning, Waiter, gone};
use crate::handles::EnhancedConnections;

const SHOW: &str = "show_enhanced_connection";

impl EnhancedConnections {
    /// Waits until the connection is `ACTIVE`. `FAILED` and `DELETED` are errors.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// let connection = dli.enhanced_connections().wait_until_active("3f9c…").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_until_active(
        &self,
        connection_id: impl Into<String>,
    ) -> Waiter<EnhancedConnection> {
        let (handle, id) = (self.clone(), connection_id.into());
        Waiter::new(SHOW, format!("enhanced connection {id}"), move || {
            let (handle, id) = (handle.clone(), id.clone());
            async move {
                let connection = handle.show(&id).await?.into_inner();
                Ok(look(connection, |status| match status {
                    ConnectionStatus::Active => Meaning::Done,
                    ConnectionStatus::Failed => {
                        Meaning::Failed("it could not be set up".to_owned())
                    }
                    ConnectionStatus::Deleted => Meaning::Failed("it was deleted".to_owned()),
                    _ => Meaning::Pending,
                }))
            }
        })
    }

    /// Waits until the connection is gone: `DELETED`, or not found.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// dli.enhanced_connections().delete("3f9c…").await?;
    /// dli.enhanced_connections().wait_until_gone("3f9c…").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_until_gone(
        &self,
        connection_id: impl Into<String>,
    ) -> Waiter<Option<EnhancedConnection>> {
        let (handle, id) = (self.clone(), connection_id.into());
        Waiter::new(SHOW, format!("enhanced connection {id}"), move || {
            let (handle, id) = (handle.clone(), id.clone());
            async move {
                let found = handle.show(&id).await;
                gone(found.map(|connection| {
                    look(connection.into_inner(), |status| match status {
                        ConnectionStatus::Deleted => Meaning::Done,
                        _ => Meaning::Pending,
                    })
                }))
            }
        })
    }
}

fn look(
    connection: EnhancedConnection,
    meaning: impl Fn(ConnectionStatus) -> Meaning,
) -> Look<EnhancedConnection> {
    let status = connection.status.as_ref().map(ConnectionStatus::normalized);
    Look {
        name: status.as_ref().map_or("unknown", ConnectionStatus::as_str).to_owned(),
        progress: None,
        meaning: status.map_or(Meaning::Pending, meaning),
        value: connection,
    }
}
