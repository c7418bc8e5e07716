//! The index `listing`: every product, run, upload, notification and alert, page by page.
//!
//! An item that is listed has `list_shard` (the kind, and `#07` where the kind is spread over
//! shards) and `list_key`, by which the list is ordered and which is unique in it. The index holds
//! keys and a product's definition, nothing else: a new price, a run's progress or an upload's
//! result writes nothing to it.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use model::ProductId;

use crate::item::{Item, key, s, text};
use crate::{SHARDS, Table, shard};

/// A kind of thing that is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listing {
    /// By shard and id.
    Products,
    /// Newest slot first.
    Runs,
    /// Newest first.
    Uploads,
    /// Newest first.
    Exports,
    /// Newest first.
    Notifications,
    /// Firings of alert rules, newest slot first.
    Alerts,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<Cursor>,
}

/// Where a page of a list begins. Callers pass it on as it is: as text it has only letters,
/// digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    shard: u8,
    /// The `list_key` of the last item before; empty at the beginning of a shard.
    after: String,
}

/// A text that is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cursor is not one that a page named as its next")]
pub struct BadCursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = format!("{:02}{}", self.shard, self.after);
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(plain))
    }
}

impl FromStr for Cursor {
    type Err = BadCursor;

    fn from_str(text: &str) -> Result<Self, BadCursor> {
        let plain = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| BadCursor)?;
        let plain = String::from_utf8(plain).map_err(|_| BadCursor)?;
        let (shard, after) = plain.split_at_checked(2).ok_or(BadCursor)?;
        let shard = shard.parse().ok().filter(|shard| *shard < SHARDS);
        // DynamoDB takes sort keys of up to 1,024 bytes.
        match shard {
            Some(shard) if after.len() <= 1_024 => Ok(Self {
                shard,
                after: after.to_owned(),
            }),
            _ => Err(BadCursor),
        }
    }
}

impl Listing {
    fn name(self) -> &'static str {
        match self {
            Self::Products => "product",
            Self::Runs => "run",
            Self::Uploads => "upload",
            Self::Exports => "export",
            Self::Notifications => "notification",
            Self::Alerts => "alert",
        }
    }

    /// How many shards it is spread over. A kind of which a whole run writes many has them all.
    fn shards(self) -> u8 {
        match self {
            Self::Products => SHARDS,
            Self::Runs | Self::Uploads | Self::Exports | Self::Notifications | Self::Alerts => 1,
        }
    }

    fn newest_first(self) -> bool {
        !matches!(self, Self::Products)
    }

    fn partition(self, shard: u8) -> String {
        let name = self.name();
        if self.shards() == 1 {
            name.to_owned()
        } else {
            format!("{name}#{shard:02}")
        }
    }

    /// The attributes that list a product.
    pub(crate) fn of_product(id: &ProductId) -> [(&'static str, String); 2] {
        let partition = Self::Products.partition(shard::of(id));
        [("list_shard", partition), ("list_key", id.to_string())]
    }

    /// The attributes that list something by when it is or came; `id` tells apart what came at
    /// once.
    pub(crate) fn by_time(
        self,
        at: impl fmt::Display,
        id: impl fmt::Display,
    ) -> [(&'static str, String); 2] {
        let partition = self.partition(0);
        [
            ("list_shard", partition),
            ("list_key", format!("{at}#{id}")),
        ]
    }

    /// The part of an update's expression that lists an item unless it is listed; its values are
    /// those of [`Self::by_time`], as `:list_shard` and `:list_key`.
    pub(crate) const SET_ONCE: &'static str = "list_shard = if_not_exists(list_shard, :list_shard), \
         list_key = if_not_exists(list_key, :list_key)";
}

/// When an item came that is listed by that.
pub(crate) fn came_at(item: &Item) -> Option<Timestamp> {
    let (at, _) = text(item, "list_key")?.split_once('#')?;
    at.parse().ok()
}

impl Table {
    /// A page of what the index holds of a list: keys, and of a product its definition.
    pub(crate) async fn page(
        &self,
        listing: Listing,
        cursor: Option<&Cursor>,
        limit: u16,
    ) -> Result<Page<Item>> {
        let mut at = cursor.cloned().unwrap_or(Cursor {
            shard: 0,
            after: String::new(),
        });
        let mut items = Vec::new();
        let limit = usize::from(limit.max(1));
        while at.shard < listing.shards() {
            let room = limit - items.len();
            if room == 0 {
                return Ok(Page {
                    items,
                    next: Some(at),
                });
            }
            let (found, more) = self.part(listing, &at, room).await?;
            items.extend(found);
            match items.last().and_then(|item| text(item, "list_key")) {
                Some(last) if more => last.clone_into(&mut at.after),
                _ => {
                    at.shard += 1;
                    at.after.clear();
                }
            }
        }
        Ok(Page { items, next: None })
    }

    /// At most `limit` items of the shard in which `at` lies, and whether there may be more.
    async fn part(&self, listing: Listing, at: &Cursor, limit: usize) -> Result<(Vec<Item>, bool)> {
        let mut query = self
            .query()
            .index_name("listing")
            .scan_index_forward(!listing.newest_first())
            .expression_attribute_values(":shard", s(listing.partition(at.shard)))
            .limit(i32::try_from(limit)?);
        query = if at.after.is_empty() {
            query.key_condition_expression("list_shard = :shard")
        } else {
            let beyond = if listing.newest_first() { '<' } else { '>' };
            query
                .key_condition_expression(format!(
                    "list_shard = :shard AND list_key {beyond} :after"
                ))
                .expression_attribute_values(":after", s(&at.after))
        };
        let answer = query
            .send()
            .await
            .with_context(|| format!("list {}s", listing.name()))?;
        let more = answer.last_evaluated_key.is_some();
        Ok((answer.items.unwrap_or_default(), more))
    }

    /// A page of a list with the whole items. One that is gone already is left out.
    pub(crate) async fn page_of_items(
        &self,
        listing: Listing,
        cursor: Option<&Cursor>,
        limit: u16,
    ) -> Result<Page<Item>> {
        let listed = self.page(listing, cursor, limit).await?;
        let ids: Vec<(String, String)> = listed.items.iter().filter_map(id).collect();
        let keys = ids.iter().map(|(pk, sk)| key(pk.clone(), sk)).collect();
        let found = self.batch_get(keys, None).await?;
        let mut found: HashMap<(String, String), Item> = found
            .into_iter()
            .filter_map(|item| Some((id(&item)?, item)))
            .collect();
        Ok(Page {
            items: ids.iter().filter_map(|id| found.remove(id)).collect(),
            next: listed.next,
        })
    }
}

/// The key of an item.
fn id(item: &Item) -> Option<(String, String)> {
    let part = |name| text(item, name).map(str::to_owned);
    part("PK").zip(part("SK"))
}

impl<T> Page<T> {
    /// The page with each item read by `read`.
    pub(crate) fn try_map<U>(self, read: impl FnMut(T) -> Result<U>) -> Result<Page<U>> {
        Ok(Page {
            items: self.items.into_iter().map(read).collect::<Result<_>>()?,
            next: self.next,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_as_itself() {
        for after in ["", "무선이어폰-01", "2026-11-21T01:15:00Z#daily"] {
            let cursor = Cursor {
                shard: 15,
                after: after.to_owned(),
            };
            let text = cursor.to_string();
            assert!(
                text.bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
            );
            assert_eq!(text.parse(), Ok(cursor));
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        let long = BASE64_URL_SAFE_NO_PAD.encode(format!("00{}", "a".repeat(1_025)));
        let of = |plain: &str| BASE64_URL_SAFE_NO_PAD.encode(plain);
        for text in [
            "",
            "!",
            "MA",
            &of("16a"),
            &of("a"),
            &of("가"),
            &of("-1a"),
            &long,
        ] {
            assert_eq!(text.parse::<Cursor>(), Err(BadCursor), "{text}");
        }
    }
}
