//! Statements about the partitions of a table.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::catalog::{Kind, Partition, Table};
use super::define::exists;
use super::failure::{analysis, execution};
use super::query::{Job, in_order};
use super::statement::{PartitionSpec, TableName};
use super::storage::{Keep, files};
use super::write::manifest;
use crate::engine::SqlFailure;

type Done = Result<(), SqlFailure>;

impl Job {
    pub(super) async fn add_partitions(
        &self,
        table: &Table,
        specs: Vec<(PartitionSpec, Option<String>)>,
        if_not_exists: bool,
    ) -> Done {
        let known = self.names(table).await?;
        let mut add = Vec::new();
        for (spec, location) in specs {
            let name = complete(table, &spec)?;
            if known.contains(&name) {
                if if_not_exists {
                    continue;
                }
                return Err(exists(&(table.full_name(), name)));
            }
            if let Some(location) = &location {
                self.storage.of_url(location)?;
            }
            add.push((name, location));
        }
        self.set_partitions(table, add, Vec::new(), Keep::Everything).await
    }

    pub(super) async fn drop_partitions(
        &self,
        table: &Table,
        specs: &[PartitionSpec],
        if_exists: bool,
    ) -> Done {
        let columns = table.partition_columns();
        let partitions = self.catalog.partitions(&self.storage, table).await?;
        let mut gone = BTreeSet::new();
        for spec in specs {
            let fixed = in_order(table, spec)?;
            let before = gone.len();
            let meant = partitions.iter().filter(|partition| partition.is_meant_by(&fixed));
            gone.extend(meant.map(|partition| Partition::name(&columns, &partition.values)));
            if gone.len() == before && !if_exists {
                return Err(analysis(format!("`{}` has no such partition.", table.full_name())));
            }
        }
        // The data of an OBS table stay where they are.
        let external = matches!(table.kind, Kind::Files { external: true, .. });
        let keep = match external {
            true => Keep::Everything,
            false => Keep::AllBut(gone.iter().map(PathBuf::from).collect()),
        };
        self.set_partitions(table, Vec::new(), gone.into_iter().collect(), keep).await
    }

    pub(super) async fn rename_partition(
        &self,
        table: &Table,
        from: &PartitionSpec,
        to: &PartitionSpec,
    ) -> Done {
        let (from, to) = (complete(table, from)?, complete(table, to)?);
        let known = self.names(table).await?;
        if !known.contains(&from) {
            return Err(analysis(format!("`{}` has no partition {from}.", table.full_name())));
        }
        if known.contains(&to) {
            return Err(exists(&(table.full_name(), to)));
        }
        let (_, folder) = table.files()?;
        let staging = self.storage.stage(folder)?;
        let linked = link_files(&folder.join(&from), &staging.data().join(&to));
        linked
            .map_err(|error| execution(format!("The partition could not be renamed: {error}.")))?;
        let names: Vec<String> =
            known.into_iter().filter(|name| *name != from).chain([to.clone()]).collect();
        manifest(table, &staging.data(), &names)?;
        let keep = Keep::AllBut(BTreeSet::from([PathBuf::from(&from)]));
        self.storage.commit(staging, keep).await?;
        self.catalog.change_partitions(table, vec![(to, None)], vec![from]).await
    }

    /// The partitions in the table's folder.
    async fn names(&self, table: &Table) -> Result<Vec<String>, SqlFailure> {
        let columns = table.partition_columns();
        if columns.is_empty() {
            return Err(analysis(format!("`{}` is not partitioned.", table.full_name())));
        }
        let partitions = self.catalog.partitions(&self.storage, table).await?;
        Ok(partitions
            .iter()
            .map(|partition| Partition::name(&columns, &partition.values))
            .collect())
    }

    async fn set_partitions(
        &self,
        table: &Table,
        add: Vec<(String, Option<String>)>,
        remove: Vec<String>,
        keep: Keep,
    ) -> Done {
        let columns = table.partition_columns();
        let (_, folder) = table.files()?;
        let partitions = self.catalog.partitions(&self.storage, table).await?;
        let own = partitions.iter().filter(|partition| partition.own_path.is_none());
        let mut names: Vec<String> =
            own.map(|partition| Partition::name(&columns, &partition.values)).collect();
        names.retain(|name| !remove.contains(name));
        names.extend(add.iter().filter(|(_, path)| path.is_none()).map(|(name, _)| name.clone()));
        names.sort();
        names.dedup();
        let staging = self.storage.stage(folder)?;
        for name in &names {
            std::fs::create_dir_all(staging.data().join(name))
                .map_err(|error| execution(format!("The partition could not be made: {error}.")))?;
        }
        manifest(table, &staging.data(), &names)?;
        self.storage.commit(staging, keep).await?;
        self.catalog.change_partitions(table, add, remove).await
    }

    /// Adds the partitions that lie in the table's folder and are not known.
    pub async fn repair(&self, name: &TableName) -> Done {
        let table = self.catalog.require(&self.storage, name).await?;
        let known = self.names(&table).await?;
        let (_, folder) = table.files()?;
        let mut found = vec![String::new()];
        for column in table.partition_columns() {
            let mut deeper = Vec::new();
            for above in &found {
                for entry in std::fs::read_dir(folder.join(above)).into_iter().flatten().flatten() {
                    let own = entry.file_name().into_string().unwrap_or_default();
                    let fits = own
                        .split_once('=')
                        .is_some_and(|(key, _)| key.eq_ignore_ascii_case(&column.name));
                    if fits && entry.path().is_dir() {
                        deeper.push(if above.is_empty() { own } else { format!("{above}/{own}") });
                    }
                }
            }
            found = deeper;
        }
        let new = found.into_iter().filter(|name| !known.contains(name)).map(|name| (name, None));
        self.set_partitions(&table, new.collect(), Vec::new(), Keep::Everything).await
    }
}

fn link_files(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for file in files(from)? {
        if let Some(name) = file.file_name()
            && std::fs::hard_link(&file, to.join(name)).is_err()
        {
            std::fs::copy(&file, to.join(name))?;
        }
    }
    Ok(())
}

/// The name of a partition that gives every column a value.
fn complete(table: &Table, spec: &PartitionSpec) -> Result<String, SqlFailure> {
    let values: Option<Vec<Option<String>>> = in_order(table, spec)?.into_iter().collect();
    let columns = table.partition_columns();
    match values {
        Some(values) if !values.is_empty() => Ok(Partition::name(&columns, &values)),
        _ => Err(analysis(format!(
            "A partition of `{}` needs a value for each of its partition columns.",
            table.full_name()
        ))),
    }
}
