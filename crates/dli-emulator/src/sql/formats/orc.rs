//! ORC files are written by a thread of their own: what encodes them cannot change threads.

use std::fs::File;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use datafusion::arrow::array::{ArrayRef, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::common::{Result, exec_datafusion_err};

pub(in crate::sql) struct Writer {
    schema: SchemaRef,
    batches: SyncSender<RecordBatch>,
    thread: JoinHandle<Result<(), String>>,
}

impl Writer {
    pub fn new(file: File, schema: &Schema) -> Result<Self> {
        let schema = instants_in_nanoseconds(schema);
        let own = Arc::clone(&schema);
        let (batches, incoming) = sync_channel::<RecordBatch>(2);
        let thread = std::thread::Builder::new().name("dli-emulator-orc".to_owned());
        let thread = thread.spawn(move || {
            let said = |error: orc_rust::error::OrcError| error.to_string();
            let disk = file.try_clone().map_err(|error| error.to_string())?;
            let builder = orc_rust::ArrowWriterBuilder::new(file, own);
            let mut writer = builder.try_build().map_err(said)?;
            for batch in incoming {
                writer.write(&batch).map_err(said)?;
            }
            writer.close().map_err(said)?;
            disk.sync_all().map_err(|error| error.to_string())
        })?;
        Ok(Self { schema, batches, thread })
    }

    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let columns: Vec<ArrayRef> = batch
            .columns()
            .iter()
            .zip(self.schema.fields())
            .map(|(column, field)| Ok(cast(column, field.data_type())?))
            .collect::<Result<_>>()?;
        // A thread that failed takes no more; `finish` tells why.
        let _ = self.batches.send(RecordBatch::try_new(Arc::clone(&self.schema), columns)?);
        Ok(())
    }

    pub fn finish(self) -> Result<()> {
        drop(self.batches);
        let ended = self.thread.join().unwrap_or_else(|_| Err("its writer failed".to_owned()));
        ended.map_err(|error| exec_datafusion_err!("the ORC file cannot be written: {error}"))
    }
}

/// ORC's instants have nanoseconds.
pub(super) fn instants_in_nanoseconds(schema: &Schema) -> SchemaRef {
    let field = |field: &Arc<Field>| match field.data_type() {
        DataType::Timestamp(..) => {
            Field::new(field.name(), DataType::Timestamp(TimeUnit::Nanosecond, None), true)
        }
        _ => field.as_ref().clone(),
    };
    Arc::new(Schema::new(schema.fields().iter().map(field).collect::<Vec<_>>()))
}
