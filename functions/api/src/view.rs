//! The view of the whole catalogue, as the last closed run left it.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Result;
use catalogue::Row;
use model::ProductId;
use store::Bucket;
use tokio::sync::Mutex;
use tracing::warn;

/// The largest file that is read: what a function of this size has memory for.
const LARGEST: usize = 64 << 20;

type Rows = Arc<HashMap<ProductId, Row>>;

/// The view, read again when it has changed.
#[derive(Debug)]
pub(crate) struct View {
    files: Bucket,
    known: Mutex<Option<(String, Rows)>>,
}

impl View {
    pub(crate) fn new(files: Bucket) -> Self {
        Self {
            files,
            known: Mutex::new(None),
        }
    }

    /// What is known of the products' histories; nothing before the first run has closed.
    pub(crate) async fn rows(&self) -> Result<Rows> {
        let version = self.files.version(catalogue::KEY).await?;
        let Some(version) = version else {
            return Ok(Rows::default());
        };
        let mut known = self.known.lock().await;
        if let Some((standing, rows)) = &*known
            && *standing == version
        {
            return Ok(Arc::clone(rows));
        }
        let file = self.files.read(catalogue::KEY, LARGEST).await?;
        let rows = tokio::task::spawn_blocking(move || {
            catalogue::read(file.unwrap_or_default().as_slice())
        });
        let rows = rows.await?.unwrap_or_else(|error| {
            // The next run that closes makes it anew.
            warn!("{} cannot be read: {error}", catalogue::KEY);
            Vec::new()
        });
        let rows = rows.into_iter().map(|row| (row.id.clone(), row));
        let rows: Rows = Arc::new(rows.collect());
        *known = Some((version, Arc::clone(&rows)));
        Ok(rows)
    }
}
