//! Arithmetic on two numbers at once. LLVM puts sums in pairs into 128-bit registers by itself
//! where it compiles for x86, but not for WebAssembly, so there the instructions are explicit.
//! Every product and sum is rounded by itself, so the bits are equal.

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wide {
    use std::arch::wasm32::{f64x2, f64x2_add, f64x2_extract_lane, f64x2_mul, v128};

    #[derive(Clone, Copy)]
    pub struct Pair(v128);

    impl Pair {
        #[inline(always)]
        pub fn new(a: f64, b: f64) -> Self {
            Pair(f64x2(a, b))
        }

        /// Sum with a product, `self + a b`.
        #[inline(always)]
        pub fn plus_product(self, a: Pair, b: Pair) -> Self {
            Pair(f64x2_add(self.0, f64x2_mul(a.0, b.0)))
        }

        #[inline(always)]
        pub fn both(self) -> [f64; 2] {
            [
                f64x2_extract_lane::<0>(self.0),
                f64x2_extract_lane::<1>(self.0),
            ]
        }
    }
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod wide {
    #[derive(Clone, Copy)]
    pub struct Pair([f64; 2]);

    impl Pair {
        #[inline(always)]
        pub fn new(a: f64, b: f64) -> Self {
            Pair([a, b])
        }

        /// Sum with a product, `self + a b`.
        #[inline(always)]
        pub fn plus_product(self, a: Pair, b: Pair) -> Self {
            Pair([self.0[0] + a.0[0] * b.0[0], self.0[1] + a.0[1] * b.0[1]])
        }

        #[inline(always)]
        pub fn both(self) -> [f64; 2] {
            self.0
        }
    }
}

pub(super) use wide::Pair;

/// Four numbers, as two pairs.
pub(super) type Pairs = [Pair; 2];

#[inline(always)]
pub(super) fn zeros() -> Pairs {
    [Pair::new(0.0, 0.0); 2]
}

#[inline(always)]
pub(super) fn pairs([a, b, c, d]: [f64; 4]) -> Pairs {
    [Pair::new(a, b), Pair::new(c, d)]
}

#[inline(always)]
pub(super) fn all_four([low, high]: Pairs) -> [f64; 4] {
    let ([a, b], [c, d]) = (low.both(), high.both());
    [a, b, c, d]
}

/// Adds products number by number: `sums += a b`.
#[inline(always)]
pub(super) fn add_products(sums: &mut Pairs, a: Pairs, b: Pairs) {
    for k in 0..2 {
        sums[k] = sums[k].plus_product(a[k], b[k]);
    }
}
