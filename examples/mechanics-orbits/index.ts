/**
 * Conservation by symplectic and variational integrators, with rk4 for contrast: energies without
 * drift over many steps, angular momentum, areas in phase space.
 * E. Hairer, C. Lubich, G. Wanner, "Geometric Numerical Integration", second edition, Springer
 * 2006.
 * J. E. Marsden, M. West, "Discrete mechanics and variational integrators", Acta Numerica 10, 2001.
 */
import { init } from "least-action";
import type { Outcome, Settings } from "../outcome.js";
import { area } from "./area.js";
import { energy } from "./energy.js";
import { kepler } from "./kepler.js";
import { maps } from "./maps.js";

/** Runs the example. Fewer than 13 `rungs` make it small; there are no starting paths. */
export async function mechanicsOrbits({ size, signal }: Settings = {}): Promise<Outcome> {
  const small = (size?.rungs ?? 13) < 13;
  await init();
  const parts: Record<string, () => Promise<Part>> = {
    "mechanics-orbits-energy.svg": () => energy(small ? 5_000 : 100_000),
    "mechanics-orbits-kepler.svg": () => kepler(small ? 20 : 200),
    "mechanics-orbits-maps.svg": maps,
    "mechanics-orbits-area.svg": () => area(small ? 40 : 110),
  };
  const outcome: Outcome = { pictures: {}, checks: [] };
  for (const [name, part] of Object.entries(parts)) {
    if (signal?.aborted) break;
    const { picture, checks } = await part();
    outcome.pictures[name] = picture;
    outcome.checks.push(...checks);
  }
  return outcome;
}

interface Part {
  picture: string;
  checks: Outcome["checks"];
}
