//! A message at rest, and the receipt that a consumer gets for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::wire::{Attributes, Received, TRACE_HEADER, md5_of_attributes, md5_of_body};
use crate::stack::ACCOUNT;

/// A message, wherever it is. Times are milliseconds since 1970.
pub(super) struct Message {
    /// Unique over all queues and runs, in the order of acceptance.
    pub(super) seq: u64,
    pub(super) id: Uuid,
    pub(super) body: Arc<str>,
    pub(super) envelope: Option<Arc<Envelope>>,
    pub(super) sent: i64,
    /// The ARN of the queue that gave the message up.
    pub(super) source: Option<Arc<str>>,
    /// How often it was handed out, over all queues.
    pub(super) receives: u32,
    /// How often before it came into the queue it is in.
    pub(super) receives_before: u32,
    pub(super) first_received: Option<i64>,
    /// When it can be received. In the past for most.
    pub(super) hidden_until: i64,
}

/// What a message carries beside its body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Envelope {
    #[serde(default)]
    pub(super) attributes: Attributes,
    #[serde(default)]
    pub(super) system: Attributes,
}

impl Envelope {
    pub(super) fn to_json(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    pub(super) fn from_json(json: &str) -> serde_json::Result<Self> {
        serde_json::from_str(json)
    }
}

/// Which attributes a consumer wants to see.
pub(super) struct Wanted {
    pub(super) system: Vec<String>,
    pub(super) message: Vec<String>,
}

impl Wanted {
    fn has_system(&self, name: &str) -> bool {
        self.system
            .iter()
            .any(|wanted| wanted == "All" || wanted == name)
    }

    fn has_message(&self, name: &str) -> bool {
        self.message.iter().any(|wanted| {
            let prefix = wanted.strip_suffix(".*");
            wanted == "All"
                || wanted == name
                || prefix.is_some_and(|prefix| prefix.is_empty() || name.starts_with(prefix))
        })
    }
}

impl Message {
    /// How often it was handed out by the queue it is in.
    pub(super) fn receives_here(&self) -> u32 {
        self.receives.saturating_sub(self.receives_before)
    }

    /// The message as its consumer gets it.
    pub(super) fn deliver(&self, wanted: &Wanted) -> Received {
        let mut attributes = BTreeMap::new();
        let mut add = |name: &'static str, value: Option<String>| {
            if let Some(value) = value.filter(|_| wanted.has_system(name)) {
                attributes.insert(name, value);
            }
        };
        let first = self.first_received.map(|time| time.to_string());
        let source = self.source.as_deref().map(str::to_owned);
        let trace = self.envelope.as_ref().and_then(|envelope| {
            let header = envelope.system.get(TRACE_HEADER)?;
            header.string_value.clone()
        });
        add("ApproximateReceiveCount", Some(self.receives.to_string()));
        add("ApproximateFirstReceiveTimestamp", first);
        add("SenderId", Some(ACCOUNT.to_owned()));
        add("SentTimestamp", Some(self.sent.to_string()));
        add("DeadLetterQueueSourceArn", source);
        add(TRACE_HEADER, trace);

        let message_attributes: Attributes = match &self.envelope {
            Some(envelope) => envelope
                .attributes
                .iter()
                .filter(|(name, _)| wanted.has_message(name))
                .map(|(name, attribute)| (name.clone(), attribute.clone()))
                .collect(),
            None => BTreeMap::new(),
        };
        Received {
            message_id: self.id.to_string(),
            receipt_handle: Receipt::of(self).encode(),
            md5_of_body: md5_of_body(&self.body),
            body: self.body.as_ref().to_owned(),
            attributes,
            md5_of_attributes: md5_of_attributes(&message_attributes),
            message_attributes,
        }
    }
}

/// What a receipt handle stands for: one delivery of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Receipt {
    pub(super) seq: u64,
    id: Uuid,
    receives: u32,
}

impl Receipt {
    fn of(message: &Message) -> Self {
        Self {
            seq: message.seq,
            id: message.id,
            receives: message.receives,
        }
    }

    /// Whether this is the receipt of the message's last delivery.
    pub(super) fn is_latest(self, message: &Message) -> bool {
        self == Self::of(message)
    }

    fn encode(self) -> String {
        let mut bytes = [0; 28];
        bytes[..8].copy_from_slice(&self.seq.to_be_bytes());
        bytes[8..24].copy_from_slice(self.id.as_bytes());
        bytes[24..].copy_from_slice(&self.receives.to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// `None` for what was never a receipt handle of this stack.
    pub(super) fn decode(handle: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(handle).ok()?;
        let bytes: [u8; 28] = bytes.try_into().ok()?;
        let (seq, rest) = bytes.split_first_chunk::<8>()?;
        let (id, rest) = rest.split_first_chunk::<16>()?;
        let (receives, _) = rest.split_first_chunk::<4>()?;
        Some(Self {
            seq: u64::from_be_bytes(*seq),
            id: Uuid::from_bytes(*id),
            receives: u32::from_be_bytes(*receives),
        })
    }
}
