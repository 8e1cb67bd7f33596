//! Registers of several numbers, used explicitly. From plain loops over a tile, compilers make
//! products that are up to a fifth slower, as they also look for neighbours among rows and terms.

/// A register of numbers. Sums and products are rounded one by one; nothing is fused.
pub(super) trait Lanes: Copy {
    /// Numbers in a register.
    const COUNT: usize;

    /// Reads a register from memory.
    ///
    /// # Safety
    /// [`Lanes::COUNT`] numbers must be there.
    unsafe fn read_at(from: *const f64) -> Self;

    /// Reads the first numbers of a list.
    #[inline(always)]
    fn read(from: &[f64]) -> Self {
        let from = &from[..Self::COUNT];
        // SAFETY: the list has as many numbers.
        unsafe { Self::read_at(from.as_ptr()) }
    }

    /// Writes the register over the first numbers of a list.
    fn write(self, to: &mut [f64]);

    /// A register with the same number in all places.
    fn splat(value: f64) -> Self;

    /// `self + a b`, rounded twice.
    fn plus_product(self, a: Self, b: Self) -> Self;
}

impl Lanes for f64 {
    const COUNT: usize = 1;

    #[inline(always)]
    unsafe fn read_at(from: *const f64) -> Self {
        *from
    }

    #[inline(always)]
    fn write(self, to: &mut [f64]) {
        to[0] = self;
    }

    #[inline(always)]
    fn splat(value: f64) -> Self {
        value
    }

    #[inline(always)]
    fn plus_product(self, a: Self, b: Self) -> Self {
        self + a * b
    }
}

/// Makes a register type implement [`Lanes`]. SAFETY of all its code: the processor has the
/// instructions, as is said at each use, and lists are as long as the parts that are read or
/// written.
#[cfg(any(
    target_arch = "x86_64",
    all(target_arch = "wasm32", target_feature = "simd128")
))]
macro_rules! register {
    (
        $register:ty,
        $count:literal,
        $read:ident,
        $write:ident,
        $splat:ident,
        $add:ident,
        $multiply:ident
    ) => {
        #[allow(unused_unsafe)] // some are safe in WebAssembly
        impl super::Lanes for $register {
            const COUNT: usize = $count;

            #[inline(always)]
            unsafe fn read_at(from: *const f64) -> Self {
                $read(from.cast())
            }

            #[inline(always)]
            fn write(self, to: &mut [f64]) {
                unsafe { $write(to[..$count].as_mut_ptr().cast(), self) }
            }

            #[inline(always)]
            fn splat(value: f64) -> Self {
                unsafe { $splat(value) }
            }

            #[inline(always)]
            fn plus_product(self, a: Self, b: Self) -> Self {
                unsafe { $add(self, $multiply(a, b)) }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
mod registers {
    use std::arch::x86_64::*;

    // Every x86-64 processor has these.
    register!(
        __m128d,
        2,
        _mm_loadu_pd,
        _mm_storeu_pd,
        _mm_set1_pd,
        _mm_add_pd,
        _mm_mul_pd
    );
    /// Register of two numbers.
    pub(in crate::network) type TwoLanes = __m128d;

    // For functions that are called only after the processor was asked.
    register!(
        __m256d,
        4,
        _mm256_loadu_pd,
        _mm256_storeu_pd,
        _mm256_set1_pd,
        _mm256_add_pd,
        _mm256_mul_pd
    );
    /// Register of four numbers.
    pub(in crate::network) type FourLanes = __m256d;
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod registers {
    use std::arch::wasm32::*;

    register!(
        v128,
        2,
        v128_load,
        v128_store,
        f64x2_splat,
        f64x2_add,
        f64x2_mul
    );
    /// Register of two numbers.
    pub(in crate::network) type TwoLanes = v128;
}

#[cfg(not(any(
    target_arch = "x86_64",
    all(target_arch = "wasm32", target_feature = "simd128")
)))]
mod registers {
    /// Two numbers, for processors whose registers are not used here.
    #[derive(Clone, Copy)]
    pub(in crate::network) struct TwoLanes([f64; 2]);

    impl super::Lanes for TwoLanes {
        const COUNT: usize = 2;

        #[inline(always)]
        unsafe fn read_at(from: *const f64) -> Self {
            TwoLanes(*from.cast())
        }

        #[inline(always)]
        fn write(self, to: &mut [f64]) {
            to[..2].copy_from_slice(&self.0);
        }

        #[inline(always)]
        fn splat(value: f64) -> Self {
            TwoLanes([value; 2])
        }

        #[inline(always)]
        fn plus_product(self, TwoLanes(a): Self, TwoLanes(b): Self) -> Self {
            TwoLanes(std::array::from_fn(|k| self.0[k] + a[k] * b[k]))
        }
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use registers::FourLanes;
pub(super) use registers::TwoLanes;
