/** Equations of a planar double pendulum of two rigid bodies with friction in its joints. */
import { defineModel } from "least-action";

/** Velocity below which dry friction is no longer constant, in rad/s: it has to be smooth. */
const SLOW = 0.3;

/** Moments of both joints over the inertia of the upper arm, without those of inertia itself. */
const upper =
  `-B*sin(a - b)*v^2 - g1*sin(a) - f1*u - d1*tanh(u/${SLOW}) ` +
  `+ f2*(v - u) + d2*tanh((v - u)/${SLOW})`;
const lower = `B*sin(a - b)*u^2 - g2*sin(b) - f2*(v - u) - d2*tanh((v - u)/${SLOW})`;
/** Determinant of the matrix of inertia. */
const inertia = "(C - B^2*cos(a - b)^2)";

/**
 * Angles a and b of the arms from the vertical, with velocities u and v. In units of the inertia of
 * the upper arm with the lower one at its end, B couples the arms, C is the inertia of the lower
 * one, g1 and g2 are the moments of gravity, f and d those of viscous and dry friction in the
 * joints. The cameras' zero is off by oa and ob.
 */
export const pendulum = defineModel({
  states: ["a", "b", "u", "v"],
  parameters: {
    B: 0.3,
    C: 0.3,
    g1: 60,
    g2: 20,
    f1: 0,
    f2: 0,
    d1: 0,
    d2: 0,
    oa: 0,
    ob: 0,
  },
  equations: {
    a: "u",
    b: "v",
    u: `(C*(${upper}) - B*cos(a - b)*(${lower}))/${inertia}`,
    v: `((${lower}) - B*cos(a - b)*(${upper}))/${inertia}`,
  },
  observables: { upperAngle: "a + oa", lowerAngle: "b + ob" },
});
