use crate::error::Result;

/// Sizes of the largest state and of the largest momentum.
pub(super) type Sizes = [f64; 2];

/// A map along the segments of a path, from node to node.
pub(super) trait SegmentMap {
    /// Number of segments; there is one node more.
    fn count(&self) -> usize;

    /// Index of the point at a node; `None` for nodes that refinement added.
    fn point(&self, node: usize) -> Option<usize>;

    /// Maps z0, before the impulses of the segment's first node, to before those of its last node,
    /// with the derivative (column-major).
    ///
    /// # Errors
    /// Steps that cannot be made.
    fn linearize(
        &mut self,
        segment: usize,
        z: [&[f64]; 2],
        to: &mut [f64],
        derivative: &mut [f64],
    ) -> Result<()>;

    /// Maps a node that is `share` of `change` away from the one at which the map was linearised.
    ///
    /// # Errors
    /// Steps that cannot be made.
    fn try_step(
        &mut self,
        segment: usize,
        z: [&[f64]; 2],
        change: &[f64],
        share: f64,
        to: &mut [f64],
    ) -> Result<()>;

    /// Maps a node without a linearisation. Default: a trial of no length.
    ///
    /// # Errors
    /// Steps that cannot be made.
    fn trace(&mut self, segment: usize, z: [&[f64]; 2], to: &mut [f64]) -> Result<()> {
        self.try_step(segment, z, &[], 0.0, to)
    }

    /// Makes the last trial the present state.
    fn accept(&mut self) {}

    /// Calls `each` with the number of each point of a segment but the one at its end, and state
    /// and momentum there.
    ///
    /// # Errors
    /// Steps that cannot be made.
    fn points(
        &mut self,
        segment: usize,
        z0: &[f64],
        each: &mut dyn FnMut(usize, &[f64]),
    ) -> Result<()>;

    /// Computes the action of a segment, and the largest error of a step in x and in p.
    ///
    /// # Errors
    /// Steps that cannot be made.
    fn examine(&mut self, segment: usize, z: [&[f64]; 2]) -> Result<(f64, [f64; 2])>;

    /// Times of the mesh.
    fn mesh(&self) -> Vec<f64>;

    fn steps(&self) -> usize;

    /// Advice to the user in errors.
    fn remedy(&self) -> &'static str;

    /// This map on a mesh that is finer where steps have errors above a tolerance, with its nodes
    /// on the path; `None` where no step has, or more nodes than `most` were needed. Default:
    /// `None`.
    fn refined(&mut self, _z: &[f64], _tolerance: Sizes, _most: usize) -> Option<(Self, Vec<f64>)>
    where
        Self: Sized,
    {
        None
    }
}
