//! Eight bytes of a text at once, as one number whose lowest bits are the first byte.

/// The eight bytes at a place.
#[inline]
pub(crate) fn eight(bytes: &[u8], at: usize) -> Option<u64> {
    let eight = bytes.get(at..)?.first_chunk()?;
    Some(u64::from_le_bytes(*eight))
}

/// Eight times the same byte.
pub(crate) const fn all(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Whether a byte is zero: its highest bit is set in the result, but behind the first zero
/// others may be set as well (Mycroft's test).
#[inline]
pub(crate) fn zeros(bytes: u64) -> u64 {
    bytes.wrapping_sub(all(1)) & !bytes & all(0x80)
}

/// The place of the first byte that is zero, 8 if there is none.
#[inline]
pub(crate) fn first_zero(bytes: u64) -> usize {
    (zeros(bytes).trailing_zeros() / 8) as usize
}

/// The number that one to eight digits write, the first in the lowest bits of `text`.
#[inline]
pub(crate) fn short_digits(text: u64, width: usize) -> Option<u32> {
    eight_digits(right_aligned(text, width))
}

/// One to eight characters with zeros in front instead of whatever is behind.
#[inline]
pub(crate) fn right_aligned(text: u64, width: usize) -> u64 {
    let free = 8 * (8 - width.clamp(1, 8));
    text << free | all(b'0') & !(!0 << free)
}

/// Eight digits by three multiplications, which join neighbours to numbers of two, four and
/// eight digits (Lemire, 2021: "Number parsing at a gigabyte per second").
#[inline]
pub(crate) fn eight_digits(text: u64) -> Option<u32> {
    let digits = text ^ all(b'0');
    // A digit plus 0x76 stays below 0x80.
    if (digits.wrapping_add(all(0x76)) | digits) & all(0x80) != 0 {
        return None;
    }
    let twos = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let mask = 0x0000_00ff_0000_00ff;
    let ends = (twos & mask).wrapping_mul(0x000f_4240_0000_0064);
    let middles = (twos >> 16 & mask).wrapping_mul(0x0000_2710_0000_0001);
    u32::try_from(ends.wrapping_add(middles) >> 32).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn the_first_zero_is_found(bytes: [u8; 8]) {
            let place = bytes.iter().position(|byte| *byte == 0).unwrap_or(8);
            assert_eq!(first_zero(u64::from_le_bytes(bytes)), place);
        }
    }

    #[test]
    fn eight_bytes_are_taken_where_there_are_as_many() {
        assert_eq!(
            eight(b"x12345678", 1).and_then(eight_digits),
            Some(12_345_678)
        );
        assert_eq!(eight(b"12345678", 1), None);
        assert_eq!(eight(b"", 9), None);
    }
}
