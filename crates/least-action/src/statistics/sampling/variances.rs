//! Variances of the coordinates in windows of the warm-up that grow, as in Stan (Stan reference
//! manual, "HMC algorithm parameters").

/// Number of transitions at the beginning that adapt only the step size, as the chain has to arrive
/// first.
const ARRIVAL: usize = 75;
/// Length of the first window; each further one is twice as long.
const WINDOW: usize = 25;
/// Number of transitions at the end that adapt the step size to the last metric.
const ENDING: usize = 50;
/// Shortest warm-up in which variances are estimated.
const LEAST: usize = 20;

/// Windows of a warm-up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct AdaptationWindows {
    begin: usize,
    end: usize,
    first: usize,
}

impl AdaptationWindows {
    /// Windows of a warm-up of a given length.
    pub fn new(warmup: usize) -> Self {
        if warmup < LEAST {
            return AdaptationWindows {
                begin: warmup,
                end: warmup,
                first: WINDOW,
            };
        }
        if warmup < ARRIVAL + WINDOW + ENDING {
            let (begin, ending) = (warmup * 3 / 20, warmup / 10);
            return AdaptationWindows {
                begin,
                end: warmup - ending,
                first: warmup - ending - begin,
            };
        }
        AdaptationWindows {
            begin: ARRIVAL,
            end: warmup - ENDING,
            first: WINDOW,
        }
    }

    /// True for a transition in a window.
    pub fn contain(&self, transition: usize) -> bool {
        (self.begin..self.end).contains(&transition)
    }

    /// True for the last transition of a window. The last window takes the transitions that are too
    /// few for another one.
    pub fn end_with(&self, transition: usize) -> bool {
        let (mut begin, mut length) = (self.begin, self.first);
        while begin < self.end {
            let next = begin + length;
            let end = match next + 2 * length > self.end {
                true => self.end,
                false => next,
            };
            if transition < end {
                return transition + 1 == end;
            }
            (begin, length) = (end, 2 * length);
        }
        false
    }
}

/// Mean and sum of squares of positions (B. P. Welford, Technometrics 4, 1962).
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Moments {
    /// Number of positions.
    pub(super) count: usize,
    /// Mean of each coordinate.
    pub(super) mean: Vec<f64>,
    /// Sum of the squared distances from the mean of each coordinate.
    pub(super) squares: Vec<f64>,
}

impl Moments {
    /// Moments of no positions.
    ///
    /// ```
    /// use least_action::statistics::Moments;
    ///
    /// let mut moments = Moments::new(1);
    /// moments.add(&[1.0]);
    /// moments.add(&[3.0]);
    /// let mut variances = [0.0];
    /// moments.variances(1.0, &mut variances);
    /// // The variance of two positions is 2, drawn towards 1.
    /// assert!((variances[0] - 9.0 / 7.0).abs() < 1e-12);
    /// ```
    pub fn new(unknowns: usize) -> Self {
        Moments {
            count: 0,
            mean: vec![0.0; unknowns],
            squares: vec![0.0; unknowns],
        }
    }

    /// Forgets all positions.
    pub fn clear(&mut self) {
        self.count = 0;
        self.mean.fill(0.0);
        self.squares.fill(0.0);
    }

    /// Adds a position.
    pub fn add(&mut self, position: &[f64]) {
        self.count += 1;
        let count = self.count as f64;
        for ((mean, sum), x) in self.mean.iter_mut().zip(&mut self.squares).zip(position) {
            let before = x - *mean;
            *mean += before / count;
            *sum += before * (x - *mean);
        }
    }

    /// Writes the variances. They are drawn towards `towards`, strongly so after few positions.
    pub fn variances(&self, towards: f64, into: &mut [f64]) {
        let count = self.count as f64;
        if self.count < 2 {
            return;
        }
        for (into, sum) in into.iter_mut().zip(&self.squares) {
            *into = count / (count + 5.0) * sum / (count - 1.0) + towards * 5.0 / (count + 5.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_of_a_thousand_are_those_of_stan() {
        let windows = AdaptationWindows::new(1000);
        let ends: Vec<usize> = (0..1000).filter(|&t| windows.end_with(t)).collect();
        assert_eq!(ends, [99, 149, 249, 449, 949]);
        assert!(!windows.contain(74) && windows.contain(75));
        assert!(windows.contain(949) && !windows.contain(950));
    }

    #[test]
    fn short_warm_ups_have_one_window_or_none() {
        let ends = |warmup| {
            let windows = AdaptationWindows::new(warmup);
            (0..warmup)
                .filter(|&t| windows.end_with(t))
                .collect::<Vec<_>>()
        };
        assert_eq!(ends(100), [89]);
        assert!(ends(19).is_empty());
        assert!(ends(0).is_empty());
    }

    #[test]
    fn moments_are_those_of_the_sum() {
        let mut moments = Moments::new(1);
        let sample = [1.0, 4.0, -2.0, 5.0];
        sample.iter().for_each(|&x| moments.add(&[x]));
        let mut variance = [0.0];
        moments.variances(1.0, &mut variance);
        let plain = sample.iter().map(|x| (x - 2.0) * (x - 2.0)).sum::<f64>() / 3.0;
        assert!((variance[0] - (4.0 / 9.0 * plain + 5.0 / 9.0)).abs() < 1e-14);
    }
}
