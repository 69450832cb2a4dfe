//! Where a name stands in the index of a table: the build script and the look-up have to agree on it.
//!
//! In: a name. Out: the number of its bucket, of which a table of a thousand names has few with more than three.

/// How many buckets a table has.
pub(super) const BUCKETS: usize = 1024;

/// The bucket of a name.
pub(super) fn bucket(name: &str) -> usize {
    let mix = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    let hash = name.bytes().fold(0x811c_9dc5, mix);
    (hash ^ (hash >> 16)) as usize % BUCKETS
}
