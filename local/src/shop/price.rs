//! What an article costs on a day: a random walk around its base price, with now and then a sale.
//! Everything is a function of the seed, the article and the day, in whole smallest units of the
//! currency; nothing is remembered.

/// What an article costs on one day, in the currency's smallest unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag {
    /// What is paid.
    pub(super) price: i64,
    /// What is crossed out beside it during a sale.
    pub(super) list: Option<i64>,
}

/// A number that depends on nothing but its arguments (the finalizer of `SplitMix64`, once for
/// each).
pub(super) fn roll(seed: u64, keys: &[u64]) -> u64 {
    keys.iter()
        .fold(seed ^ 0x9e37_79b9_7f4a_7c15, |state, key| {
            let mut z = state
                .wrapping_mul(31)
                .wrapping_add(*key)
                .wrapping_add(0x9e37_79b9_7f4a_7c15);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        })
}

/// A number of `0..below`.
pub(super) fn pick(seed: u64, keys: &[u64], below: u64) -> u64 {
    roll(seed, keys) % below.max(1)
}

/// One of a list.
pub(super) fn choose<'a, T>(seed: u64, keys: &[u64], list: &'a [T]) -> &'a T {
    &list[usize::try_from(pick(seed, keys, list.len() as u64)).unwrap_or(0)]
}

/// Days are counted from the first one; the days before it cost what it costs, and after ten
/// years nothing changes any more.
const LAST_DAY: u64 = 3_653;

/// What the article `id` costs on day `day`.
pub(super) fn tag(seed: u64, id: u64, base: i64, step: i64, day: i64) -> Tag {
    let day = u64::try_from(day).unwrap_or(0).min(LAST_DAY);
    let round = |amount: i64| ((amount + step / 2) / step * step).max(step);
    let list = round(base * (10_000 + level(seed, id, day)) / 10_000);
    let off = sale(seed, id, day);
    let price = round(list * (100 - off) / 100);
    Tag {
        price,
        list: (off > 0 && price < list).then_some(list),
    }
}

/// How far the walk is from the base price on `day`, in hundredths of a percent. On most days a
/// price stays; when it moves, it is drawn back towards the base.
fn level(seed: u64, id: u64, day: u64) -> i64 {
    let start = i64::try_from(pick(seed, &[id, 1], 1_001)).unwrap_or(0) - 500;
    (1..=day).fold(start, |level, day| {
        let moved = pick(seed, &[id, 2, day], 100) < 45;
        let by = i64::try_from(pick(seed, &[id, 3, day], 601)).unwrap_or(0) - 300;
        if moved {
            (level + by - level / 12).clamp(-3_000, 3_000)
        } else {
            level
        }
    })
}

/// The percentage off on `day`, 0 on most. Each ten days hold at most one sale, of 2 to 5 days.
fn sale(seed: u64, id: u64, day: u64) -> i64 {
    let (decade, within) = (day / 10, day % 10);
    let key = |what: u64| [id, 4 + what, decade];
    if pick(seed, &key(0), 100) >= 22 {
        return 0;
    }
    let length = 2 + pick(seed, &key(1), 4);
    let start = pick(seed, &key(2), 11 - length);
    let percent = 10 + 5 * pick(seed, &key(3), 6);
    if (start..start + length).contains(&within) {
        i64::try_from(percent).unwrap_or(0)
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_prices_that_it_always_gave() {
        assert_eq!(tag(7, 1001, 68_000, 100, 12), tag(7, 1001, 68_000, 100, 12));
        let differs = |other: Tag| other != tag(7, 1001, 68_000, 100, 12);
        assert!((8..40).any(|seed| differs(tag(seed, 1001, 68_000, 100, 12))));
        // Another price for the same seed would change every demo.
        let week: Vec<i64> = (0..7)
            .map(|day| tag(42, 2001, 189_000, 10, day).price)
            .collect();
        assert_eq!(week, WEEK);
    }

    const WEEK: [i64; 7] = [
        197_860, 197_860, 197_860, 197_860, 158_290, 158_290, 161_150,
    ];

    #[test]
    fn a_price_moves_in_its_steps_and_stays_near_its_base() {
        let (mut moves, mut sales, mut days) = (0, 0, 0);
        for id in 0..200 {
            let mut last = None;
            for day in 0..60 {
                let tag = tag(1, id, 50_000, 100, day);
                assert_eq!(tag.price % 100, 0);
                assert!((22_000..=70_000).contains(&tag.price), "{tag:?}");
                assert!(tag.list.is_none_or(|list| list > tag.price));
                moves += u32::from(last.is_some_and(|last| last != tag.price));
                sales += u32::from(tag.list.is_some());
                days += 1;
                last = Some(tag.price);
            }
        }
        assert!(
            moves > days / 4 && moves < days * 3 / 4,
            "{moves} of {days}"
        );
        assert!(sales > days / 25 && sales < days / 6, "{sales} of {days}");
    }

    #[test]
    fn any_day_has_a_price() {
        for day in [i64::MIN, -1, 0, 1, 100_000, i64::MAX] {
            assert!(tag(u64::MAX, u64::MAX, 1, 5, day).price >= 5);
        }
    }
}
