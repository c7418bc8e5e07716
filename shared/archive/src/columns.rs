//! The columns of an archive file, in their order.

/// What the cells of a column are. An empty cell is a value that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// An exact decimal number, in units of the row's currency where it is money.
    Decimal,
    /// An instant in UTC: `2026-11-21T01:15:00Z`.
    Instant,
    /// A date and time where the owner is, without a zone: `2026-11-21 10:15:00`.
    Local,
    /// `true` or `false`.
    Flag,
    /// A whole number from 0.
    Number,
}

impl Kind {
    /// The type in the table definition of Athena. Instants stay texts there, which sort as the
    /// instants do.
    pub fn athena(self) -> &'static str {
        match self {
            Self::Text | Self::Instant | Self::Decimal | Self::Local => "string",
            Self::Flag => "boolean",
            Self::Number => "int",
        }
    }
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What its cells are.
    pub kind: Kind,
    /// What it says.
    pub about: &'static str,
}

const fn column(name: &'static str, kind: Kind, about: &'static str) -> Column {
    Column { name, kind, about }
}

/// All columns. The partitions `schedule` and `date` (of the slot, where the owner is) stand in
/// the key, not in the file.
pub const COLUMNS: [Column; 29] = [
    column(
        "slot",
        Kind::Instant,
        "The instant the schedule asked for, in UTC.",
    ),
    column("slot_local", Kind::Local, "The same where the owner is."),
    column(
        "generation",
        Kind::Number,
        "Which writing of the run this is; the highest counts.",
    ),
    column("product", Kind::Text, "The product's id."),
    column(
        "item",
        Kind::Text,
        "The id of the item that it is an offer of.",
    ),
    column(
        "name",
        Kind::Text,
        "The product's name when it was fetched.",
    ),
    column("category", Kind::Text, "Its category then."),
    column("vendor", Kind::Text, "Its vendor then."),
    column("url", Kind::Text, "The address of its page or endpoint."),
    column(
        "source",
        Kind::Text,
        "Whom it is asked of: a host, or `coupang`.",
    ),
    column(
        "pack_quantity",
        Kind::Decimal,
        "How many units are sold for the price.",
    ),
    column(
        "pack_unit",
        Kind::Text,
        "The unit: g, kg, ml, l, cm, m or piece.",
    ),
    column(
        "shipping",
        Kind::Decimal,
        "What shipping costs beside the price, in its currency.",
    ),
    column(
        "free_from",
        Kind::Decimal,
        "The price from which shipping is free.",
    ),
    column(
        "fetched",
        Kind::Instant,
        "When the outcome was known, in UTC.",
    ),
    column("fetched_local", Kind::Local, "The same where the owner is."),
    column("outcome", Kind::Text, "`price` or `failure`."),
    column("amount", Kind::Decimal, "The price, every digit of it."),
    column("currency", Kind::Text, "Its ISO 4217 code."),
    column(
        "availability",
        Kind::Text,
        "schema.org's name: InStock, OutOfStock, …",
    ),
    column(
        "list_amount",
        Kind::Decimal,
        "The list price that the page states, in the same currency.",
    ),
    column("reason", Kind::Text, "Why there is no price."),
    column("detail", Kind::Text, "What exactly happened."),
    column(
        "unconfirmed",
        Kind::Text,
        "`pending` or `final`: the price moved too far and does not count.",
    ),
    column(
        "void",
        Kind::Text,
        "Why the owner says that the price is wrong; it does not count.",
    ),
    column(
        "previous_amount",
        Kind::Decimal,
        "The confirmed price before it.",
    ),
    column("previous_currency", Kind::Text, "The currency of that."),
    column("previous_slot", Kind::Instant, "The slot of that, in UTC."),
    column(
        "imported",
        Kind::Flag,
        "Whether it came with an upload of past prices.",
    ),
];
