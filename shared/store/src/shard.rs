//! Spreading what a whole run touches over several partitions.

use model::ProductId;

/// How many partitions an index that a whole run reads or writes is spread over: one partition
/// serves about 1,000 writes a second.
pub const SHARDS: u8 = 16;

/// The shard of a product, from 0. It is stored in keys, so the function (FNV-1a, 32 bits)
/// never changes.
pub fn of(product: &ProductId) -> u8 {
    let hash = product
        .as_str()
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
    u8::try_from(hash % u32::from(SHARDS)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shards_of_stored_keys_never_change() {
        for (id, shard) in [("p-1", 5), ("airpods-pro-2", 14), ("무선이어폰-01", 11)] {
            assert_eq!(of(&ProductId::new(id).unwrap()), shard, "{id}");
        }
    }

    #[test]
    fn products_are_spread_evenly() {
        let mut counts = [0_u32; SHARDS as usize];
        for n in 0..16_000 {
            let id = ProductId::new(format!("product-{n:05}")).unwrap();
            counts[usize::from(of(&id))] += 1;
        }
        assert!(
            counts.iter().all(|count| (800..1_200).contains(count)),
            "{counts:?}"
        );
    }
}
