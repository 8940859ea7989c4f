//! The only source of randomness: keys, nonces, tokens and jitter come from here.

/// Random bytes from the operating system, or from a seed in tests.
pub struct Entropy(Source);

enum Source {
    System,
    #[cfg(any(test, feature = "testing"))]
    Seeded(std::sync::Mutex<u64>),
}

impl std::fmt::Debug for Entropy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Source::System => "Entropy::system",
            #[cfg(any(test, feature = "testing"))]
            Source::Seeded(_) => "Entropy::seeded",
        })
    }
}

impl Entropy {
    /// The operating system's generator, fit for keys.
    #[must_use]
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A repeatable sequence (SplitMix64), for tests: what it makes can be foreseen.
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub const fn seeded(seed: u64) -> Self {
        Self(Source::Seeded(std::sync::Mutex::new(seed)))
    }

    /// Fills `bytes`.
    ///
    /// # Panics
    /// If the operating system has no randomness to give: going on would make guessable keys.
    #[allow(clippy::disallowed_methods, reason = "the only caller of the system's generator")]
    pub fn fill(&self, bytes: &mut [u8]) {
        match &self.0 {
            Source::System => getrandom::fill(bytes).expect("the operating system provides randomness"),
            #[cfg(any(test, feature = "testing"))]
            Source::Seeded(state) => {
                let mut state = state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                for chunk in bytes.chunks_mut(8) {
                    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                    let mut mixed = *state;
                    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                    mixed ^= mixed >> 31;
                    let length = chunk.len();
                    chunk.copy_from_slice(&mixed.to_le_bytes()[..length]);
                }
            }
        }
    }

    /// Eight random bytes as a number.
    pub fn u64(&self) -> u64 {
        u64::from_le_bytes(self.array())
    }

    /// `N` random bytes.
    pub fn array<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}
