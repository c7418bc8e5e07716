//! From rows to figures: cells become typed rows, rows are added up exactly, and what was added
//! up becomes a [`Summary`](crate::Summary).

pub(crate) mod aggregate;
pub(crate) mod compare;
pub(crate) mod finish;
pub(crate) mod history;
pub(crate) mod index;
pub(crate) mod ingest;
pub(crate) mod occasions;
pub(crate) mod offers;
pub(crate) mod prices;
pub(crate) mod products;
pub(crate) mod summary;
pub(crate) mod warnings;
