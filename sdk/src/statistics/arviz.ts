// Draws as JSON for ArviZ. It is Python's JSON: NaN and infinities are written as words, where
// JSON.stringify writes null.
import { LeastActionError, textOf, wrongLength, wrongShape } from "../errors.js";
import { describe, finiteNumber, float64Array, only, record, sizeOf } from "../shape.js";

/** Draws of a named quantity: of a number, or of an array. */
export interface NamedDraws {
  /** Name of the quantity in ArviZ. */
  name: string;
  /** Shape of one draw; empty for a number. Default: []. */
  shape?: readonly number[];
  /**
   * Names of the axes of `shape`, for instance ["time", "state"]. Default: ArviZ's own names.
   */
  dims?: readonly string[];
  /** Values of all draws, chains x draws x shape, the last index varying fastest. */
  values: ArrayLike<number>;
}

/** Statistics of a sampler for each draw, chains x draws. */
export interface SampleStats {
  /** Log density of the posterior up to a constant, ArviZ's `lp`. */
  logDensity?: ArrayLike<number>;
  /** Energy, which is H at the start of the draw's trajectory: ArviZ's `energy`. */
  energy?: ArrayLike<number>;
  /** Flags of divergent trajectories, booleans or 0 and 1: ArviZ's `diverging`. */
  diverging?: ArrayLike<number | boolean>;
  /** Depth of the trajectory tree: ArviZ's `tree_depth`. */
  treeDepth?: ArrayLike<number>;
  /** Number of steps of the trajectory: ArviZ's `n_steps`. */
  steps?: ArrayLike<number>;
  /** Mean acceptance probability along the trajectory: ArviZ's `acceptance_rate`. */
  acceptance?: ArrayLike<number>;
  /** Step size of the integrator: ArviZ's `step_size`. */
  stepSize?: ArrayLike<number>;
}

/** Named array of data that were observed. */
export interface ObservedArray {
  /** Name of the array in ArviZ. */
  name: string;
  /** Lengths of the axes. */
  shape: readonly number[];
  /** Names of the axes. Default: ArviZ's own names. */
  dims?: readonly string[];
  /** Data in C order, the last index varying fastest; NaN where nothing was measured. */
  values: ArrayLike<number>;
}

/** Content of a file that {@link arvizJson} writes. */
export interface ArvizContent {
  /** Number of chains. */
  chains: number;
  /** Number of draws of each chain. */
  draws: number;
  /** Draws of all quantities, the group `posterior`. */
  posterior: readonly NamedDraws[];
  /** Statistics of the sampler, the group `sample_stats`. Default: none. */
  sampleStats?: SampleStats;
  /** Data, the group `observed_data`. Default: none. */
  observed?: readonly ObservedArray[];
  /**
   * Labels along the axes that `dims` name, for instance
   * `{ time: twin.data.times, state: ["x", "y"] }`. Default: ArviZ counts from 0.
   */
  coords?: Readonly<Record<string, ArrayLike<string | number>>>;
  /** Attributes of the file, by name. `inference_library` is added: the name of this library. */
  attrs?: Readonly<Record<string, string | number>>;
}

/** Names of statistics in ArviZ's schema by those of {@link SampleStats}. */
const STATISTICS = {
  logDensity: "lp",
  energy: "energy",
  diverging: "diverging",
  treeDepth: "tree_depth",
  steps: "n_steps",
  acceptance: "acceptance_rate",
  stepSize: "step_size",
} as const;

/** Axes that ArviZ adds to every draw. */
const RESERVED = ["chain", "draw"];

/**
 * Writes draws as JSON that ArviZ opens, with the groups `posterior`, `sample_stats` and
 * `observed_data`.
 *
 * In Python, with ArviZ before 1.0:
 *
 *     data = az.from_json("posterior.json")
 *
 * ArviZ 1.0 has no such function. There it is
 *
 *     content = json.load(open("posterior.json"))
 *     groups = {
 *         group: {name: np.asarray(values) for name, values in content.pop(group).items()}
 *         for group in ("posterior", "sample_stats", "observed_data")
 *         if group in content
 *     }
 *     content["attrs"] = {"/": content["attrs"]}
 *     data = az.from_dict(groups, **content)
 *
 * NaN and infinities are the words `NaN`, `Infinity` and `-Infinity`, as Python's json module
 * writes and reads them; `JSON.parse` does not. All numbers keep all their digits, which takes
 * about 20 bytes each. If that is too much, leave out the path, take every tenth draw, or write
 * `.npy` files by {@link writeNpy}.
 *
 * @throws LeastActionError for whatever is wrong with the content, by field.
 *
 * @example
 * const alpha = { name: "alpha", values: posterior.parameters.alpha };
 * await writeFile("posterior.json", arvizJson({ chains: 4, draws: 1000, posterior: [alpha] }));
 */
export function arvizJson(content: ArvizContent): string {
  const known = ["chains", "draws", "posterior", "sampleStats", "observed", "coords", "attrs"];
  const given = only("options", content, known);
  const outer = [count("chains", given.chains), count("draws", given.draws)];
  const axes: Axes = { dims: new Map(), lengths: new Map() };
  const groups: string[] = [];
  const group = (name: string, fields: string[]) =>
    groups.push(`${quoted(name)}:{${fields.join(",")}}`);
  try {
    const names = new Set<string>();
    group(
      "posterior",
      list("posterior", given.posterior).map((one, i) =>
        draws(`posterior[${i}]`, one, outer, axes, names),
      ),
    );
    if (given.sampleStats !== undefined)
      group("sample_stats", statistics(given.sampleStats, outer));
    if (given.observed !== undefined) {
      const seen = new Set<string>();
      group(
        "observed_data",
        list("observed", given.observed).map((one, i) =>
          draws(`observed[${i}]`, one, [], axes, seen),
        ),
      );
    }
    group("coords", coords(given.coords, axes));
    group(
      "dims",
      [...axes.dims]
        .filter(([, dims]) => dims !== undefined)
        .map(([name, dims]) => `${quoted(name)}:${JSON.stringify(dims)}`),
    );
    group("attrs", attrs(given.attrs));
    return `{${groups.join(",\n")}}\n`;
  } catch (error) {
    if (error instanceof LeastActionError || !(error instanceof RangeError)) throw error;
    // The text was longer than strings can be.
    throw wrongShape(
      "posterior",
      `is too large for one text (${textOf(error)}); leave quantities or draws out, or write .npy files`,
    );
  }
}

/** Axes of the quantities read so far. */
interface Axes {
  /**
   * Names of axes by quantity, undefined for ArviZ's own names. ArviZ has one such list for all
   * groups.
   */
  dims: Map<string, readonly string[] | undefined>;
  /** Lengths by the names of axes. */
  lengths: Map<string, number>;
}

/** Writes the draws of one quantity: `"name":[...]`. */
function draws(
  path: string,
  given: unknown,
  outer: readonly number[],
  axes: Axes,
  seen: Set<string>,
): string {
  const { name, shape, dims, values } = only(path, given, ["name", "shape", "dims", "values"]);
  if (typeof name !== "string" || name === "")
    throw wrongShape(`${path}.name`, `must be a name, got ${describe(name)}`);
  if (seen.has(name))
    throw wrongShape(`${path}.name`, `"${name}" is there twice; give each a name of its own`);
  if (RESERVED.includes(name))
    throw wrongShape(`${path}.name`, `"${name}" is an axis of ArviZ; choose another name`);
  seen.add(name);
  const numbers = float64Array(`${path}.values`, values);
  const inner = Array.from(float64Array(`${path}.shape`, shape ?? []));
  const whole = sizeOf(`${path}.shape`, [...outer, ...inner], numbers.length, `${path}.values`);
  const named = dims === undefined ? undefined : axisNames(`${path}.dims`, dims, inner, axes);
  const other = axes.dims.get(name);
  if (axes.dims.has(name) && String(other) !== String(named)) {
    throw wrongShape(
      `${path}.dims`,
      `"${name}" is also the name of draws with other dims, and ArviZ knows one list per name; choose another name`,
    );
  }
  axes.dims.set(name, named);
  return `${quoted(name)}:${nested(whole, (i) => number(numbers[i] as number))}`;
}

/** Checks the names of a quantity's axes and their lengths. */
function axisNames(path: string, given: unknown, shape: readonly number[], axes: Axes): string[] {
  const names = list(path, given).map((name, i) => {
    if (typeof name !== "string" || name === "")
      throw wrongShape(`${path}[${i}]`, `must be a name, got ${describe(name)}`);
    if (RESERVED.includes(name))
      throw wrongShape(
        `${path}[${i}]`,
        `"${name}" is an axis that ArviZ adds; choose another name`,
      );
    return name;
  });
  if (names.length !== shape.length)
    throw wrongLength(path, names.length, shape.length, "one per axis of shape");
  if (new Set(names).size !== names.length)
    throw wrongShape(path, "has a name twice; axes need names of their own");
  names.forEach((name, i) => {
    const length = shape[i] as number;
    const before = axes.lengths.get(name);
    if (before !== undefined && before !== length) {
      throw wrongShape(
        `${path}[${i}]`,
        `"${name}" is ${length} long here and ${before} elsewhere; choose another name`,
      );
    }
    axes.lengths.set(name, length);
  });
  return names;
}

/** Writes the statistics of a sampler under ArviZ's names. */
function statistics(given: unknown, outer: readonly number[]): string[] {
  const all = only("sampleStats", given, Object.keys(STATISTICS));
  const [chains, each] = outer as [number, number];
  return Object.entries(STATISTICS).flatMap(([ours, theirs]) => {
    if (all[ours] === undefined) return [];
    const path = `sampleStats.${ours}`;
    const isFlag = ours === "diverging";
    const numbers = isFlag ? flags(path, all[ours]) : float64Array(path, all[ours]);
    if (numbers.length !== chains * each)
      throw wrongLength(path, numbers.length, chains * each, "chains x draws");
    const text = (i: number) => (isFlag ? String(numbers[i] === 1) : number(numbers[i] as number));
    return [`${quoted(theirs)}:${nested(outer, text)}`];
  });
}

/** Reads flags, booleans or 0 and 1, as numbers. */
function flags(path: string, given: unknown): Float64Array {
  const booleans = Array.isArray(given)
    ? given.map((flag) => (typeof flag === "boolean" ? Number(flag) : flag))
    : given;
  const numbers = float64Array(path, booleans);
  numbers.forEach((value, i) => {
    if (value !== 0 && value !== 1)
      throw wrongShape(`${path}[${i}]`, `must be true or false, got ${value}`);
  });
  return numbers;
}

/** Writes labels along axes. */
function coords(given: unknown, axes: Axes): string[] {
  if (given === undefined) return [];
  return Object.entries(record("coords", given)).map(([name, values]) => {
    const path = `coords.${name}`;
    const length = axes.lengths.get(name);
    if (length === undefined) {
      const known = [...axes.lengths.keys()].join(", ") || "none";
      throw wrongShape(path, `is no axis that dims name (they name: ${known})`);
    }
    const labels = ArrayBuffer.isView(values)
      ? Array.from(float64Array(path, values))
      : list(path, values);
    if (labels.length !== length)
      throw wrongLength(path, labels.length, length, `the axis "${name}" is as long`);
    return `${quoted(name)}:[${labels.map((label, i) => labelText(`${path}[${i}]`, label)).join(",")}]`;
  });
}

/** Writes attributes. */
function attrs(given: unknown): string[] {
  const all = {
    inference_library: "least-action",
    ...(given === undefined ? {} : record("attrs", given)),
  };
  return Object.entries(all).map(
    ([name, value]) => `${quoted(name)}:${labelText(`attrs.${name}`, value)}`,
  );
}

function labelText(path: string, value: unknown): string {
  return typeof value === "string" ? quoted(value) : number(finiteNumber(path, value));
}

function count(path: string, value: unknown): number {
  const number = finiteNumber(path, value);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw wrongShape(path, `must be a whole number of at least 1, got ${number}`);
}

function list(path: string, given: unknown): unknown[] {
  if (Array.isArray(given)) return given;
  throw wrongShape(path, `must be an array, got ${describe(given)}`);
}

const quoted = (text: string): string => JSON.stringify(text);

/**
 * Writes a number so that Python's json reads a float: large whole numbers have an exponent, as
 * they would otherwise become integers that no array of NumPy holds.
 */
function number(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  return Number.isInteger(value) && !Number.isSafeInteger(value)
    ? value.toExponential()
    : String(value);
}

/** Writes nested lists of the given shape, in C order. */
function nested(shape: readonly number[], text: (index: number) => string): string {
  let next = 0;
  const level = (axis: number): string => {
    if (axis === shape.length) {
      next += 1;
      return text(next - 1);
    }
    return `[${Array.from({ length: shape[axis] as number }, () => level(axis + 1)).join(",")}]`;
  };
  return level(0);
}
