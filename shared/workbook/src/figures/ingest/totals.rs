//! Rows that are no data: totals of the rows above, and headings that are repeated among them.

use super::{Ingest, NotData};
use crate::header::headings::Role;
use crate::rejection::TotalRow;
use crate::values::labels::{Label, is_total};
use crate::values::slots::{DateSlot, PriceSlot, Slots, TextSlot};
use crate::values::texts::NO_TEXT;

impl Ingest<'_> {
    /// Totals below the data and headings repeated inside it are no data.
    #[inline]
    pub(super) fn is_not_data(&mut self, slots: &Slots) -> Option<NotData> {
        if self.labels.any() && self.adds_up_others(slots) {
            return Some(NotData::Total);
        }
        if self.says_less(slots) && self.adds_up_without_a_word(slots) {
            return Some(NotData::Total);
        }
        if matches!(slots.date, DateSlot::At(_)) {
            None
        } else {
            self.is_total_or_heading(slots)
        }
    }

    /// Whether the row says nothing of a category, a vendor or a product, of which there are
    /// columns.
    #[inline]
    fn says_less(&self, slots: &Slots) -> bool {
        (self.sheet.columns_of.category && slots.category == NO_TEXT)
            || (self.sheet.columns_of.vendor && slots.vendor == NO_TEXT)
            || (slots.product == TextSlot::Empty && slots.sku == TextSlot::Empty)
    }

    /// Whether a row that says less than all rows above it adds up their prices: then it is a
    /// total, whatever it is called.
    #[cold]
    fn adds_up_without_a_word(&mut self, slots: &Slots) -> bool {
        if self.rows_say_less {
            return false;
        }
        let is_total = self.adds_up(slots, "") && self.is_no_product(slots);
        // From here on a blank cell is nothing special.
        self.rows_say_less = !is_total;
        is_total
    }

    /// Whether a row whose price adds up those above it is hardly a product with that very price: it
    /// names none, or a category, or there are several above it.
    fn is_no_product(&self, slots: &Slots) -> bool {
        let name = slots.product.id();
        let is_category = name != NO_TEXT && name == self.last_category;
        let many = self.aggregate.tally().since(self.before_group).count > 2;
        is_category || many || (name == NO_TEXT && slots.sku == TextSlot::Empty)
    }

    /// Whether the row is a total, dated or not: by its label, or where that may as well be a
    /// name, because its amount adds up the prices above it.
    fn adds_up_others(&self, slots: &Slots) -> bool {
        let ids = [slots.product.id(), slots.sku.id(), slots.category];
        let labels = ids.map(|id| self.labels.get(id));
        if labels.contains(&Label::Total) {
            return true;
        }
        let mut named = ids.iter().zip(labels);
        let Some((label, _)) = named.find(|(_, label)| *label == Label::PerhapsTotal) else {
            return false;
        };
        let label = self.texts.get(*label);
        self.adds_up(slots, label)
    }

    /// Whether the row's amount adds up the prices of its group or of the sheet.
    fn adds_up(&self, slots: &Slots, label: &str) -> bool {
        let price = match slots.price {
            PriceSlot::Price(price, _) => Some(price),
            PriceSlot::Text => self
                .text_price(self.sheet.heading_currency)
                .ok()
                .map(|(price, _)| price),
            PriceSlot::Empty | PriceSlot::Bad => None,
        };
        let Some(amount) = price.and_then(|price| price.times(self.sheet.times)) else {
            return false;
        };
        let (amount, now) = (amount.to_decimal(), self.aggregate.tally());
        [self.before_group, self.before_sheet]
            .iter()
            .any(|before| now.since(*before).is_added_up_by(amount, label))
    }

    /// Lists the row as one that adds up others.
    #[cold]
    pub(super) fn list_total(&mut self) {
        if self.totals.len() as u64 >= self.limits.rejected_listed {
            return;
        }
        let slots = &self.slots;
        let amount = match slots.price {
            PriceSlot::Price(price, _) => Some(price),
            PriceSlot::Text => {
                let price = self.text_price(self.sheet.heading_currency).ok();
                price.map(|(price, _)| price)
            }
            PriceSlot::Empty | PriceSlot::Bad => None,
        };
        let amount = amount.and_then(|amount| amount.times(self.sheet.times));
        let ids = [
            slots.product.id(),
            slots.sku.id(),
            slots.category,
            slots.vendor,
        ];
        let labels = ids.map(|id| self.texts.get(id));
        let first = labels.iter().find(|label| is_total(label, true));
        let label = match first.or_else(|| labels.iter().find(|label| !label.is_empty())) {
            Some(label) => label,
            None if slots.date == DateSlot::Bad => self.raw(Role::Date),
            None => "",
        };
        let amount = amount.map(crate::values::number::Number::to_decimal);
        let row = TotalRow::new(&self.sheet.name, self.row, label, amount);
        self.totals.push(row);
    }

    /// Whether a row without a price is a note of the sheet: `※ 부가세 포함`, `작성자 | 홍길동`.
    #[cold]
    pub(super) fn is_note(&self, slots: &Slots) -> bool {
        let is_marked = |text: &str| text.trim_start().starts_with(['※', '*', '＊']);
        if slots.price != PriceSlot::Empty || slots.sku != TextSlot::Empty || slots.filled() > 2 {
            return false;
        }
        match slots.date {
            DateSlot::Bad => {
                let text = self.raw(Role::Date);
                is_marked(text) || !text.contains(|c: char| c.is_ascii_digit())
            }
            DateSlot::Empty if slots.filled() == 1 => {
                let text = self.texts.get(slots.product.id());
                is_marked(text) || text.contains([':', '：'])
            }
            _ => false,
        }
    }

    /// The name of the product in a row, or its code.
    pub(super) fn product(&self, slots: &Slots) -> &str {
        let name = self.texts.get(slots.product.id());
        if name.is_empty() {
            self.texts.get(slots.sku.id())
        } else {
            name
        }
    }

    fn is_total_or_heading(&self, slots: &Slots) -> Option<NotData> {
        let date = if slots.date == DateSlot::Bad {
            self.raw(Role::Date)
        } else {
            ""
        };
        let product = self.texts.get(slots.product.id());
        let labels = [
            date,
            product,
            self.texts.get(slots.sku.id()),
            self.texts.get(slots.category),
            self.texts.get(slots.vendor),
        ];
        let without_date = self.sheet.has_date;
        if labels.iter().any(|label| is_total(label, without_date)) {
            return Some(NotData::Total);
        }
        let is_price_heading = slots.price == PriceSlot::Text
            && self.raw(Role::Price).trim() == self.sheet.headings[Role::Price as usize];
        let product_heading = &self.sheet.headings[Role::Product as usize];
        (is_price_heading && (product_heading.is_empty() || product == product_heading))
            .then_some(NotData::Heading)
    }
}
