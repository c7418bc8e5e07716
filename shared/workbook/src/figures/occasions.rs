//! When and where a price was: a day at a vendor, held once and known by a small number.

use hashbrown::HashMap;

use crate::figures::aggregate::month_of;
use crate::values::date::{DAY, Seconds};
use crate::values::texts::TextId;

/// The number of an occasion.
pub(crate) type OccasionId = u32;

/// A day at a vendor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Occasion {
    /// Days since 1970, or [`NO_DAY`].
    pub(crate) day: i32,
    /// `year * 12 + month - 1`.
    pub(crate) month: u32,
    /// The place of the vendor among [`Occasions::vendors`].
    pub(crate) vendor: u32,
}

/// The day of a row without a date.
pub(crate) const NO_DAY: i32 = i32::MIN;

/// Every occasion of an upload, in the order in which they were first seen.
#[derive(Default)]
pub(crate) struct Occasions {
    all: Vec<Occasion>,
    numbers: HashMap<(i32, TextId), OccasionId>,
    /// The vendors that rows name, among them the absence of one.
    pub(crate) vendors: Vec<TextId>,
    vendor_numbers: HashMap<TextId, u32>,
    /// Those that rows had lately, which most rows have again.
    lately: Vec<(i32, TextId, OccasionId)>,
}

impl Occasions {
    #[inline]
    pub(crate) fn id(&mut self, at: Option<Seconds>, vendor: TextId) -> OccasionId {
        let day = at.map_or(NO_DAY, day_of);
        // Neighbouring days and vendors lie beside one another.
        let slot = day.cast_unsigned().wrapping_mul(31).wrapping_add(vendor) as usize % LATELY;
        match self.lately.get(slot) {
            Some(&(same_day, same_vendor, id)) if (same_day, same_vendor) == (day, vendor) => id,
            _ => self.other(day, vendor, at, slot),
        }
    }

    #[inline(never)]
    fn other(&mut self, day: i32, vendor: TextId, at: Option<Seconds>, slot: usize) -> OccasionId {
        let next = number(self.all.len());
        let id = *self.numbers.entry((day, vendor)).or_insert(next);
        if id == next {
            let next = number(self.vendors.len());
            let vendor_number = *self.vendor_numbers.entry(vendor).or_insert(next);
            if vendor_number == next {
                self.vendors.push(vendor);
            }
            self.all.push(Occasion {
                day,
                month: at.map_or(0, month_of),
                vendor: vendor_number,
            });
        }
        if self.lately.is_empty() {
            // No row has the last number, so that these stand for nothing.
            self.lately = vec![(NO_DAY, TextId::MAX - 1, 0); LATELY];
        }
        if let Some(lately) = self.lately.get_mut(slot) {
            *lately = (day, vendor, id);
        }
        id
    }

    /// An occasion; of a number that stands for none, one without a day.
    #[inline]
    pub(crate) fn get(&self, id: OccasionId) -> Occasion {
        self.all.get(id as usize).copied().unwrap_or(Occasion {
            day: NO_DAY,
            month: 0,
            vendor: 0,
        })
    }

    /// The text of a vendor, by its place.
    pub(crate) fn vendor(&self, vendor: u32) -> TextId {
        let text = self.vendors.get(vendor as usize).copied();
        text.unwrap_or(crate::values::texts::NO_TEXT)
    }

    /// Frees what only new rows need.
    pub(crate) fn close(&mut self) {
        self.numbers = HashMap::new();
        self.vendor_numbers = HashMap::new();
    }
}

/// How many occasions are found at once; 16 KiB, so that they stay near the processor.
const LATELY: usize = 1 << 10;

fn number(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

fn day_of(at: Seconds) -> i32 {
    // A date is in the years 1 to 9999.
    i32::try_from(at.div_euclid(DAY)).unwrap_or(NO_DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_at_a_vendor_is_one_occasion() {
        let mut occasions = Occasions::default();
        let november = 20_400 * DAY;
        let first = occasions.id(Some(november), 7);
        assert_eq!(occasions.id(Some(november + 3_600), 7), first);
        let other = occasions.id(Some(november), 8);
        assert_ne!(other, first);
        assert_ne!(occasions.id(None, 7), first);
        let many: Vec<OccasionId> = (0..5_000)
            .map(|day| occasions.id(Some(day * DAY), 7))
            .collect();
        for (day, id) in (0..).zip(many) {
            assert_eq!(occasions.id(Some(day * DAY), 7), id);
            assert_eq!(i64::from(occasions.get(id).day), day);
        }
        assert_eq!(occasions.id(Some(november), 7), first);
        assert_eq!((occasions.vendor(0), occasions.vendor(1)), (7, 8));
    }
}
