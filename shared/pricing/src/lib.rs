//! What prices mean to people: unit prices and totals, the best offer of an item, reference
//! prices and the verdict that rests on them, and alert rules.
//!
//! Everything here is computed from the history alone, without I/O, a clock or floating point.
//! What is stored beside the history (how far a rule's state is) only saves work: it can be made
//! anew from the history at any time.

pub mod alert;
mod exact;
mod history;
mod item;
mod reference;
mod unit_price;
mod verdict;
mod words;

pub use exact::percent_of;
pub use history::{Listing, Point, Seen, Terms, history};
pub use item::{
    ItemOffer, MixedUnits, STALE_AFTER, Standing, best_at, best_offers, check_units, item_history,
    main_currency, standing,
};
pub use reference::{Reduction, Reference, Window, korean_reference, omnibus_reference, window};
pub use unit_price::UnitPrice;
pub use verdict::{Statement, Verdict, verdict};
pub use words::{Language, date, grouped, money};
