/** Methods with their names, and errors against time, for all parts of this example. */
import {
  mechanics,
  type IntegrationMethod,
  type Mechanics,
  type Orbit,
  type VariationalMethod,
} from "least-action";

/** A map of the phase space, or a discrete Lagrangian. */
export type Method =
  { method: IntegrationMethod; tolerance?: number } | { variational: VariationalMethod };

export const nameOf = (method: Method): string =>
  "method" in method ? method.method : `variational ${method.variational}`;

/** True for symplectic methods; the others are here for contrast. */
export const isSymplectic = (method: Method): boolean =>
  !("method" in method && (method.method === "rk4" || method.method === "dormand-prince"));

/**
 * The pendulum as a Hamiltonian and as a Lagrangian. Each method gets the one that it steps on, as
 * the other would have to be found by Newton's method at every evaluation.
 */
export function pendulums(): { of(method: Method): Mechanics; free(): void } {
  const hamiltonian = mechanics({
    hamiltonian: "p^2/2 - cos(q)",
    coordinates: ["q"],
    momenta: ["p"],
  });
  const lagrangian = mechanics({
    lagrangian: "v^2/2 + cos(q)",
    coordinates: ["q"],
    velocities: ["v"],
  });
  return {
    of: (method) => ("variational" in method ? lagrangian : hamiltonian),
    free: () => [hamiltonian, lagrangian].forEach((system) => system.free()),
  };
}

/**
 * The orbit, or its failure thrown: an orbit that was cut short would make its errors look small.
 */
export function complete(orbit: Orbit): Orbit {
  if (orbit.failure !== null) throw orbit.failure;
  return orbit;
}

export interface Errors {
  name: string;
  symplectic: boolean;
  times: ArrayLike<number>;
  errors: Float64Array;
}

export const energyErrors = (
  method: Method,
  orbit: Orbit,
  times: ArrayLike<number> = orbit.times,
): Errors => ({
  name: nameOf(method),
  symplectic: isSymplectic(method),
  times,
  errors: orbit.energy.map((energy) => Math.abs(energy - (orbit.energy[0] ?? NaN))),
});

/** Largest error between two places of the orbit, given as shares of its length. */
export function largest({ errors }: Pick<Errors, "errors">, from = 0, to = 1): number {
  const part = errors.subarray(Math.floor(from * errors.length), Math.ceil(to * errors.length));
  return part.reduce((most, error) => Math.max(most, error), 0);
}

/**
 * Growth of the error: the largest in the last tenth of an orbit, divided by that in the first
 * tenth. It is 1 without drift, and 10 if the error grows in proportion to the time.
 */
export const growth = (errors: Errors): number => largest(errors, 0.9, 1) / largest(errors, 0, 0.1);

/**
 * Errors thinned for a logarithmic axis of times: the largest of each of 30 spans, the first of
 * which ends at time `first`.
 */
export function thinned({ name, times, errors }: Errors, first: number) {
  const spans = 30;
  const last = times[times.length - 1] ?? NaN;
  const [x, y]: [number[], number[]] = [[], []];
  let before = -1;
  for (let n = 1; n < errors.length; n++) {
    const [t, error] = [times[n] ?? NaN, errors[n] ?? NaN];
    const span = Math.max(0, Math.ceil((spans * Math.log(t / first)) / Math.log(last / first)));
    if (span !== before) {
      before = span;
      x.push(t);
      y.push(error);
    } else {
      x[x.length - 1] = t;
      y[y.length - 1] = Math.max(error, y.at(-1) ?? NaN);
    }
  }
  return { name, x, y };
}

export const short = (value: number): string => value.toExponential(1);
