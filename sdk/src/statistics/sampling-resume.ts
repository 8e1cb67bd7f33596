// Resuming a sampling. Numbers that were read from a file are all checked, as a chain would go on
// from any position.
import { LeastActionError, outOfRange, renamed, wrongLength, wrongShape } from "../errors.js";
import { finiteNumber, finiteNumbers, listOf, record, wholeNumber } from "../shape.js";
import { type ChainResult, type Figure, FIGURES } from "./chains.js";
import { SampledPosterior } from "./posterior.js";
import { checkSettings } from "./settings.js";

/** Facts of the sampling that goes on, which the earlier one has to fit. */
export interface Continued {
  /** Fingerprint of the action, see {@link SampledParts.posterior}. */
  posterior: string;
  /** Further options on which the draws depend. */
  settings: Readonly<Record<string, unknown>>;
  /** Number of chains. */
  chains: number;
  /** Number of draws of each chain. */
  draws: number;
  /** Interval between draws that are kept. */
  thin: number;
  /** Number of transitions before the first draw. */
  before: number;
  /** Number of unknowns, the length of a draw. */
  unknowns: number;
  /** Throws if no chain can go on from the state. */
  open: (state: unknown) => void;
}

/**
 * Reads the chains of an earlier sampling, or of the result of `JSON.parse` for one.
 *
 * @throws LeastActionError if it was another sampling, or a number is not finite.
 */
export function earlierOf(resume: unknown, now: Continued): readonly ChainResult[] {
  if (resume === undefined) return [];
  const own = SampledPosterior.partsOf(resume);
  const given: Record<string, unknown> = own === undefined ? record("resume", resume) : { ...own };
  checkSettings("resume.settings", given.settings, now.settings);
  if (given.posterior !== now.posterior) {
    const remedy = "go on with the model, data and options of that run";
    throw wrongShape(
      "resume.posterior",
      `is that of another run than the one given, or was edited: ${remedy}`,
    );
  }
  const fits = checker(now);
  if (own !== undefined) {
    own.results.forEach(({ start, draws }, i) => fits(`resume.chains[${i}]`, start, draws));
    return own.results;
  }
  return listOf("resume.chains", given.chains).map((chain, i) =>
    chainOf(`resume.chains[${i}]`, chain, now, fits),
  );
}

/** Throws if a chain does not belong to a sampling. */
type Checker = (path: string, start: number, draws: number) => void;

/** Makes a check that a chain is one of those that are asked for now. */
function checker({ chains, draws: wanted }: Continued): Checker {
  const seen = new Set<number>();
  return (path, start, draws) => {
    if (start >= chains) {
      throw outOfRange(
        "chains",
        chains,
        `more than ${start}, the number of a chain that was begun (${path}.start)`,
      );
    }
    if (draws > wanted) {
      throw outOfRange(
        "draws",
        wanted,
        `at least ${draws}, as many as chain ${start} has already (${path}.draws)`,
      );
    }
    if (seen.has(start)) {
      const facts = { code: "duplicate", path: `${path}.start`, value: String(start) } as const;
      throw new LeastActionError(`${path}.start: ${start} is there twice`, facts);
    }
    seen.add(start);
  };
}

/** Reads a chain from plain data. */
function chainOf(path: string, given: unknown, now: Continued, fits: Checker): ChainResult {
  const chain = record(path, given);
  const start = wholeNumber(`${path}.start`, chain.start, 0);
  const draws = wholeNumber(`${path}.draws`, chain.draws, 0);
  fits(path, start, draws);
  const values = finiteNumbers(`${path}.values`, chain.values);
  const kept = Math.floor(draws / now.thin) * now.unknowns;
  if (values.length !== kept) {
    const because = `${now.unknowns} unknowns of every draw that is kept, of ${draws}`;
    throw wrongLength(`${path}.values`, values.length, kept, because);
  }
  const all = record(`${path}.figures`, chain.figures);
  const figures = FIGURES.map((name) => {
    const figure = finiteNumbers(`${path}.figures.${name}`, all[name]);
    if (figure.length === draws) return [name, figure];
    throw wrongLength(`${path}.figures.${name}`, figure.length, draws, "one per draw");
  });
  const divergences = listOf(`${path}.divergences`, chain.divergences);
  return {
    start,
    draws,
    values,
    figures: Object.fromEntries(figures) as Record<Figure, Float64Array>,
    divergences: divergences.map((one, k) =>
      divergenceOf(`${path}.divergences[${k}]`, one, draws, now),
    ),
    duration: finiteNumber(`${path}.duration`, chain.duration),
    // A chain that failed is tried again, and fails again if nothing has changed.
    failure: null,
    state: stateOf(path, chain.state, start, draws, now),
  };
}

/** Reads a divergence from plain data. */
function divergenceOf(
  path: string,
  given: unknown,
  draws: number,
  now: Continued,
): ChainResult["divergences"][number] {
  const { draw, position, energyError, cause } = record(path, given);
  const unknowns = finiteNumbers(`${path}.position`, position);
  if (unknowns.length !== now.unknowns) {
    throw wrongLength(`${path}.position`, unknowns.length, now.unknowns, "one per unknown");
  }
  if (cause !== null) record(`${path}.cause`, cause);
  return {
    draw: wholeNumber(`${path}.draw`, draw, 0, draws - 1),
    position: unknowns,
    // JSON has no infinity.
    energyError: energyError === null ? Infinity : finiteNumber(`${path}.energyError`, energyError),
    cause: cause as ChainResult["divergences"][number]["cause"],
  };
}

/** Reads the state of a chain; null if it never began. */
function stateOf(
  chain: string,
  given: unknown,
  start: number,
  draws: number,
  now: Continued,
): ChainResult["state"] {
  const path = `${chain}.state`;
  if (given === null && draws === 0) return null;
  const state = record(path, given);
  checkNumbers(path, state);
  const number = wholeNumber(`${path}.chain`, state.chain, 0);
  if (number !== start) throw outOfRange(`${path}.chain`, number, `${start}, as start is`);
  const transitions = wholeNumber(`${path}.transitions`, state.transitions, 0);
  const isThere = draws === 0 ? transitions <= now.before : transitions === now.before + draws;
  if (!isThere) {
    const expected = draws === 0 ? `at most ${now.before}` : String(now.before + draws);
    throw outOfRange(
      `${path}.transitions`,
      transitions,
      `${expected}, by the warm-up and its ${draws} draws`,
    );
  }
  try {
    now.open(state);
  } catch (error) {
    // Rust calls the state "resume".
    const own = renamed(error, "resume", path);
    throw own === error ? renamed(error, "", `${path}.`) : own;
  }
  return state as unknown as ChainResult["state"];
}

/** Throws if a number anywhere within is NaN or infinite. */
function checkNumbers(path: string, given: unknown): void {
  if (typeof given === "number") finiteNumber(path, given);
  if (typeof given !== "object" || given === null) return;
  for (const [name, value] of Object.entries(given)) {
    checkNumbers(Array.isArray(given) ? `${path}[${name}]` : `${path}.${name}`, value);
  }
}
