//! The one DynamoDB table.

use aws_sdk_dynamodb::Client;

use crate::Clients;

/// The table and its client. What is in it is documented where it is written: `products`,
/// `observations`, `runs`, `files`.
#[derive(Debug, Clone)]
pub struct Table {
    pub(crate) client: Client,
    pub(crate) name: String,
}

impl Table {
    /// The table of this name.
    pub fn new(clients: &Clients, name: impl Into<String>) -> Self {
        Self {
            client: clients.dynamodb(),
            name: name.into(),
        }
    }
}
