//! Scales of noise that are estimated: outputs of the model's observation, one per measurement.

/// Derivatives of half a loss in the logarithm s of the noise's scale and in the prediction h.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ScaleTerms {
    /// First derivative in s, without that of the density's normalisation, which is 1.
    pub slope: f64,
    /// Fisher's information on s. That between s and h is zero for a location with a scale.
    pub information: f64,
    /// Second derivative in s.
    pub second: f64,
    /// Mixed derivative in h and s.
    pub cross: f64,
}

impl ScaleTerms {
    /// Derivatives of a law without a scale.
    pub const NONE: ScaleTerms = ScaleTerms {
        slope: 0.0,
        information: 1.0,
        second: 0.0,
        cross: 0.0,
    };
}

/// Share of a datum in the normalisation of its noise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct NoiseShare {
    /// Share without regard to the fit: 1 where the density is one over the scale.
    pub whole: f64,
    /// Part of the datum's leverage that the share is smaller by in the restricted likelihood.
    pub followed: f64,
}

impl NoiseShare {
    /// Share of a law of location and scale.
    pub const FULL: NoiseShare = NoiseShare {
        whole: 1.0,
        followed: 1.0,
    };

    /// Share of a law whose probabilities have no such normalisation.
    pub const NONE: NoiseShare = NoiseShare {
        whole: 0.0,
        followed: 0.0,
    };
}

/// Shares of the data that a fit leaves, for the restricted likelihood.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FitShares {
    /// Shares `1 - h` that the fit leaves of all data, h their leverages, by slot.
    pub left: Vec<f64>,
    /// Parts of the leverages that shares in the normalisation are smaller by, by entry.
    pub followed: Vec<f64>,
}

/// Logarithms s of the scales of the noise of all measurements, by slot, at the point evaluated
/// last; after them the arguments of laws of the user's own, one entry each. A datum adds
/// `2 share (s - reference)` to the summed losses: the normalisation of its density.
///
/// With shares of 1 that is the likelihood. With the shares `1 - h` of a fit's leverages h it is
/// the restricted likelihood: the derivative of half the logarithm of the Hessian's determinant in
/// s is minus the leverage (H. D. Patterson and R. Thompson, Biometrika 58, 1971). Of a law whose
/// weight in the prediction is w(s) it is `h d(log w)/ds / 2`: counts, whose probabilities have no
/// such normalisation, have the share `h d(log w)/ds / 2`.
#[derive(Debug, Clone)]
pub(super) struct EstimatedScales {
    /// Positions among the observables' values, points x observables.
    places: Vec<u32>,
    /// Logarithms that the normalisation is relative to: it is 0 there.
    pub reference: Vec<f64>,
    /// Shares of the entries in the normalisation, at most 1.
    pub shares: Vec<f64>,
    /// Shares of the data that a fit leaves, `1 - h`; 1 for the likelihood.
    pub left: Vec<f64>,
    /// Slot of each entry.
    owners: Vec<u32>,
    /// Shares without regard to a fit, and what leverages take from them.
    whole: Vec<NoiseShare>,
    /// Logarithms at the point evaluated last.
    pub logs: Vec<f64>,
    slopes: Vec<f64>,
}

impl EstimatedScales {
    /// Scales of slots with these shares, and arguments whose slots are `owners`.
    pub fn new(places: Vec<u32>, mut whole: Vec<NoiseShare>, owners: Vec<u32>) -> Self {
        let (count, slots) = (places.len(), whole.len());
        whole.resize(count, NoiseShare::NONE);
        EstimatedScales {
            places,
            reference: vec![0.0; count],
            shares: whole.iter().map(|share| share.whole).collect(),
            whole,
            owners: (0..slots as u32).chain(owners).collect(),
            left: vec![1.0; slots],
            logs: vec![0.0; count],
            slopes: vec![0.0; count],
        }
    }

    /// Reads the entries from the observables, and writes the precisions `exp(-2 s)` of the slots.
    pub fn read(&mut self, observables: &[f64], precisions: &mut [f64]) {
        for (&place, log) in self.places.iter().zip(&mut self.logs) {
            *log = observables[place as usize];
        }
        for (log, precision) in self.logs.iter().zip(precisions) {
            *precision = libm::exp(-2.0 * log);
        }
    }

    /// Shares of the restricted likelihood with what a fit leaves; those of the likelihood without
    /// it.
    pub fn restrict(&mut self, fit: Option<&FitShares>) {
        match fit {
            Some(fit) => self.left.copy_from_slice(&fit.left),
            None => self.left.fill(1.0),
        }
        for (entry, share) in self.shares.iter_mut().enumerate() {
            let NoiseShare { whole, followed } = self.whole[entry];
            let followed = fit.map_or(followed, |fit| fit.followed[entry]);
            let leverage = 1.0 - self.left[self.owners[entry] as usize];
            *share = whole - followed * leverage;
        }
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Entries of the arguments of laws of the user's own, with their places among the observables.
    pub fn arguments(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let places = self.places.iter().map(|&place| place as usize).enumerate();
        places.skip(self.left.len())
    }

    /// Slot of an entry.
    pub fn owner(&self, entry: usize) -> usize {
        self.owners[entry] as usize
    }

    /// Parts of leverages as the laws have them wherever they are evaluated, by entry.
    pub fn constant_followed(&self) -> Vec<f64> {
        self.whole.iter().map(|share| share.followed).collect()
    }

    /// Sum of the normalisations of all data, times `factor`.
    pub fn value(&self, factor: f64) -> f64 {
        let relative = self.logs.iter().zip(&self.reference);
        let terms = relative
            .zip(&self.shares)
            .map(|((s, r), share)| share * (s - r));
        2.0 * factor * terms.sum::<f64>()
    }

    /// Keeps the derivatives of all terms in the logarithms; `slope` is that of half a loss.
    pub fn differentiate(&mut self, factor: f64, slope: impl Fn(usize) -> f64) {
        for (i, (to, share)) in self.slopes.iter_mut().zip(&self.shares).enumerate() {
            *to = 2.0 * factor * (share + slope(i));
        }
    }

    /// Calls `to` with the place and the derivative of each logarithm.
    pub fn each_slope(&self, mut to: impl FnMut(usize, f64)) {
        let pairs = self.places.iter().zip(&self.slopes);
        pairs.for_each(|(&place, &slope)| to(place as usize, slope));
    }
}
