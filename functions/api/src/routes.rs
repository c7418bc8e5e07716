//! The routes, a module a resource.

pub(crate) mod files;
pub(crate) mod products;
pub(crate) mod runs;
pub(crate) mod uploads;
