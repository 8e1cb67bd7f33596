//! Multiple shooting: a map of the phase space leads from the beginning of a segment to its end.
//! Newton's method joins the segments, so that errors grow only over the length of a segment. With
//! one segment it is single shooting.

use super::mesh::{advance, step_error, Mesh};
use super::problem::BoundaryProblem;
use super::segment_map::SegmentMap;
use super::step_action::step_action;
use crate::error::Result;
use crate::mechanics::{IntegrationMethod, PhaseSpaceWorkspace};
use crate::solve::dense::identity;

/// Visitor of steps: it takes the beginning and the length of a step in time, and both of its ends.
type StepVisitor<'a> =
    &'a mut dyn FnMut(&mut PhaseSpaceWorkspace, (f64, f64), [&[f64]; 2]) -> Result<()>;

/// Segments of many steps of a map.
pub(super) struct Shooting {
    problem: BoundaryProblem,
    method: IntegrationMethod,
    /// Points at which segments begin, and the last one.
    nodes: Vec<usize>,
    work: PhaseSpaceWorkspace,
    steps: usize,
}

impl Shooting {
    pub fn new(
        problem: &BoundaryProblem,
        method: IntegrationMethod,
        points_per_segment: usize,
    ) -> Self {
        let last = problem.grid.points - 1;
        let mut nodes: Vec<usize> = (0..last).step_by(points_per_segment).collect();
        nodes.push(last);
        Shooting {
            problem: problem.clone(),
            method,
            nodes,
            work: PhaseSpaceWorkspace::default(),
            steps: 0,
        }
    }

    pub fn nodes(&self) -> &[usize] {
        &self.nodes
    }

    /// Moves on from before the impulses of one point to before those of the next; `each` visits
    /// every step: its beginning and its length in time, and both of its ends.
    fn advance_point(
        &mut self,
        point: usize,
        z: &mut [f64],
        mut tangent: Option<&mut [f64]>,
        each: StepVisitor,
    ) -> Result<()> {
        let problem = &self.problem;
        problem
            .impulses
            .apply(point, 1.0, z, tangent.as_deref_mut());
        let (grid, h) = (problem.grid, problem.grid.step());
        let mut before = z.to_vec();
        for part in 0..grid.steps_per_point {
            let step = (grid.time(point) + part as f64 * h, h);
            let (system, work) = (&self.problem.system, &mut self.work);
            advance(system, self.method, work, step, z, tangent.as_deref_mut())?;
            self.steps += 1;
            each(work, step, [&before, z])?;
            before.copy_from_slice(z);
        }
        Ok(())
    }

    fn run(
        &mut self,
        segment: usize,
        z: &mut [f64],
        mut tangent: Option<&mut [f64]>,
    ) -> Result<()> {
        for point in self.nodes[segment]..self.nodes[segment + 1] {
            self.advance_point(point, z, tangent.as_deref_mut(), &mut |_, _, _| Ok(()))?;
        }
        Ok(())
    }
}

impl SegmentMap for Shooting {
    fn count(&self) -> usize {
        self.nodes.len() - 1
    }

    fn point(&self, node: usize) -> Option<usize> {
        Some(self.nodes[node])
    }

    fn linearize(
        &mut self,
        segment: usize,
        z: [&[f64]; 2],
        to: &mut [f64],
        derivative: &mut [f64],
    ) -> Result<()> {
        to.copy_from_slice(z[0]);
        identity(derivative, to.len());
        self.run(segment, to, Some(derivative))
    }

    fn try_step(
        &mut self,
        segment: usize,
        z: [&[f64]; 2],
        _: &[f64],
        _: f64,
        to: &mut [f64],
    ) -> Result<()> {
        to.copy_from_slice(z[0]);
        self.run(segment, to, None)
    }

    fn points(
        &mut self,
        segment: usize,
        z0: &[f64],
        each: &mut dyn FnMut(usize, &[f64]),
    ) -> Result<()> {
        let mut z = z0.to_vec();
        for point in self.nodes[segment]..self.nodes[segment + 1] {
            each(point, &z);
            self.advance_point(point, &mut z, None, &mut |_, _, _| Ok(()))?;
        }
        Ok(())
    }

    fn examine(&mut self, segment: usize, z: [&[f64]; 2]) -> Result<(f64, [f64; 2])> {
        let (system, method) = (self.problem.system.clone(), self.method);
        let (mut sum, mut errors) = (0.0, [0.0f64; 2]);
        let mut z = z[0].to_vec();
        for point in self.nodes[segment]..self.nodes[segment + 1] {
            self.advance_point(point, &mut z, None, &mut |work, step, ends| {
                sum += step_action(&system, method, work, step, ends)?;
                let [in_x, in_p] = step_error(&system, method, work, step, ends[0])?;
                errors = [errors[0].max(in_x), errors[1].max(in_p)];
                Ok(())
            })?;
        }
        Ok((sum, errors))
    }

    fn mesh(&self) -> Vec<f64> {
        Mesh::of_points(&self.problem).times
    }

    fn steps(&self) -> usize {
        self.steps
    }

    fn remedy(&self) -> &'static str {
        match self.nodes.len() {
            2 => {
                "errors of the first momentum grow along the path: use multiple-shooting or \
            collocation"
            }
            _ => {
                "begin nearer to a solution (an annealed path), climb in R_f (continuation), use \
            shorter segments, or the method minimisation"
            }
        }
    }
}
