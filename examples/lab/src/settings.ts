// The user's settings. They are plain data: a link carries them, a file keeps them, and a run with
// the same settings gives the same bits.

/** Settings of data that the model makes itself, so that the truth is known. */
export interface TwinData {
  from: "twin";
  timeStep: number;
  points: number;
  /** Standard deviation of the noise that is added to the measurements. */
  noise: number;
  seed: number;
  /** Number of points after the window, for comparison with predictions. */
  further: number;
}

/**
 * Settings of data from a file. Its numbers are too many for a link, so whoever opens the link is
 * asked for the file.
 */
export interface FileData {
  from: "file";
  name: string;
  /** Name of the column of times; null if rows are one time step apart. */
  time: string | null;
  timeStep: number;
  /** Name of the column that holds each measured state. */
  columns: Record<string, string>;
}

/** Settings of a parameter to be estimated. */
export interface Estimated {
  /** Range in which every starting path begins. It is no bound: the search may leave it. */
  low: number;
  high: number;
  /** Bounds, which the search never crosses; absent where there are none. */
  least?: number;
  most?: number;
}

/** Settings of a model in continuous time and its data. */
export interface PathSettings {
  kind: "path";
  title: string;
  /** Text of the model, in the language of model-text.ts. */
  model: string;
  data: TwinData | FileData;
  /** Names of the measured states. */
  observed: string[];
  /** Parameters to be estimated. Others keep the model's values. */
  estimate: Record<string, Estimated>;
  measurementPrecision: number;
  /** Measurement precision R_m of states that have their own. */
  ownPrecisions: Record<string, number>;
  /** Factor of R_f for states where it is not 1. */
  modelWeights: Record<string, number>;
  /** Ladder of R_f: the first value, the factor from rung to rung, and the number of rungs. */
  ladder: { initial: number; factor: number; rungs: number };
  starts: { count: number; seed: number; strategy: Strategy };
}

/** Settings of a network of tanh neurons, whose layers play the part of time. */
export interface NetworkSettings {
  kind: "network";
  title: string;
  /** Number of neurons of each layer, the inputs first. */
  layers: number[];
  pairs: number;
  noise: number;
  /** Largest absolute value of the true weights, which are uniform. */
  weightRange: number;
  seed: number;
  ladder: { initial: number; factor: number; rungs: number };
  starts: { count: number; seed: number };
}

export type Settings = PathSettings | NetworkSettings;

/** Starting strategies, each with a description for the user. */
export const STRATEGIES = {
  automatic: "what suits the model best",
  "ensemble-filter": "mean path of a filter",
  "growing-window": "a window that grows",
  forward: "the model, from what is known at the beginning",
  nudged: "the model, pulled towards the data",
  random: "noise, for comparison",
} as const;
export type Strategy = keyof typeof STRATEGIES;

/** Smallest and largest allowed values, which the error messages name. */
export const LIMITS = {
  points: [5, 20_001],
  further: [0, 20_000],
  rungs: [1, 200],
  count: [1, 100],
  layers: [3, 200],
  neurons: [1, 200],
  pairs: [1, 1000],
  seed: [0, Number.MAX_SAFE_INTEGER],
} as const satisfies Record<string, readonly [number, number]>;

const VERSION = "1";

/** The settings as the part of an address after `#`. */
export function toLink(settings: Settings): string {
  return `${VERSION}.${base64Of(JSON.stringify(settings))}`;
}

/** Settings from the part of an address after `#`; undefined if it is empty. */
export function fromLink(hash: string): Settings | undefined {
  const text = hash.replace(/^#/, "");
  if (text === "") return undefined;
  const [version, body = ""] = text.split(".", 2);
  if (version !== VERSION)
    throw new Error("this link is of another version of the lab: begin with one of the examples");
  try {
    return settingsOf(JSON.parse(textOf(body)));
  } catch (error) {
    if (error instanceof SettingsError) throw error;
    throw new Error(
      "this link is damaged: part of it is missing; copy the whole of it, or begin with " +
        "one of the examples",
    );
  }
}

/**
 * Own property of a record, or undefined. User-chosen names may equal those of inherited
 * properties.
 */
export function own<T>(record: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** True if the record has an own entry for some of the names. */
export function ownsAny(record: Record<string, unknown>, names: string[]): boolean {
  return names.some((name) => own(record, name) !== undefined);
}

export class SettingsError extends Error {}

/** The first of many names, for an error message. */
export function listed(names: string[]): string {
  const most = 8;
  return (
    names.slice(0, most).join(", ") +
    (names.length > most ? ` and ${names.length - most} more` : "")
  );
}

/** Checks settings that come from a link or a file. */
export function settingsOf(given: unknown): Settings {
  const root = objectOf("settings", given);
  if (root.kind === "network") {
    return {
      kind: "network",
      title: text("title", root.title),
      layers: layersOf(listOf("layers", root.layers)),
      pairs: whole("pairs", root.pairs, LIMITS.pairs),
      noise: positive("noise", root.noise),
      weightRange: positive("weightRange", root.weightRange),
      seed: whole("seed", root.seed, LIMITS.seed),
      ladder: ladderOf(root.ladder),
      starts: startsOf(root.starts),
    };
  }
  if (root.kind !== "path")
    throw new SettingsError(`kind: must be "path" or "network", got ${JSON.stringify(root.kind)}`);
  const strategy = objectOf("starts", root.starts).strategy;
  if (typeof strategy !== "string" || !Object.hasOwn(STRATEGIES, strategy)) {
    throw new SettingsError(
      `starts.strategy: must be one of ${Object.keys(STRATEGIES).join(", ")}`,
    );
  }
  const estimate = Object.entries(objectOf("estimate", root.estimate)).map(
    ([name, one]) => [name, estimatedOf(`estimate.${name}`, one)] as const,
  );
  return {
    kind: "path",
    title: text("title", root.title),
    model: text("model", root.model),
    data: dataOf(objectOf("data", root.data)),
    observed: listOf("observed", root.observed).map((name, k) => text(`observed[${k}]`, name)),
    estimate: Object.fromEntries(estimate),
    measurementPrecision: positive("measurementPrecision", root.measurementPrecision),
    ownPrecisions: positiveByName("ownPrecisions", root.ownPrecisions),
    modelWeights: positiveByName("modelWeights", root.modelWeights),
    ladder: ladderOf(root.ladder),
    starts: { ...startsOf(root.starts), strategy: strategy as Strategy },
  };
}

function estimatedOf(path: string, given: unknown): Estimated {
  const { low, high, least, most } = objectOf(path, given);
  return {
    low: number(`${path}.low`, low),
    high: number(`${path}.high`, high),
    ...(least !== undefined && { least: number(`${path}.least`, least) }),
    ...(most !== undefined && { most: number(`${path}.most`, most) }),
  };
}

/** Checks a record of positive numbers. Links made before it existed have none. */
function positiveByName(path: string, given: unknown): Record<string, number> {
  const all = Object.entries(given === undefined ? {} : objectOf(path, given));
  return Object.fromEntries(all.map(([name, one]) => [name, positive(`${path}.${name}`, one)]));
}

/** Checks the number of neurons of each layer. */
export function layersOf(given: unknown[]): number[] {
  whole("layers.length", given.length, LIMITS.layers);
  return given.map((width, k) => whole(`layers[${k}]`, width, LIMITS.neurons));
}

function dataOf(data: Record<string, unknown>): TwinData | FileData {
  if (data.from === "file") {
    const columns = Object.entries(objectOf("data.columns", data.columns));
    return {
      from: "file",
      name: text("data.name", data.name),
      time: data.time === null ? null : text("data.time", data.time),
      timeStep: positive("data.timeStep", data.timeStep),
      columns: Object.fromEntries(
        columns.map(([state, column]) => [state, text(`data.columns.${state}`, column)]),
      ),
    };
  }
  return {
    from: "twin",
    timeStep: positive("data.timeStep", data.timeStep),
    points: whole("data.points", data.points, LIMITS.points),
    noise: positive("data.noise", data.noise),
    seed: whole("data.seed", data.seed, LIMITS.seed),
    further: whole("data.further", data.further, LIMITS.further),
  };
}

function ladderOf(given: unknown): PathSettings["ladder"] {
  const { initial, factor, rungs } = objectOf("ladder", given);
  return {
    initial: positive("ladder.initial", initial),
    factor: positive("ladder.factor", factor),
    rungs: whole("ladder.rungs", rungs, LIMITS.rungs),
  };
}

function startsOf(given: unknown): { count: number; seed: number } {
  const { count, seed } = objectOf("starts", given);
  return {
    count: whole("starts.count", count, LIMITS.count),
    seed: whole("starts.seed", seed, LIMITS.seed),
  };
}

function objectOf(path: string, given: unknown): Record<string, unknown> {
  if (typeof given === "object" && given !== null && !Array.isArray(given))
    return given as Record<string, unknown>;
  throw new SettingsError(`${path}: is missing`);
}

function listOf(path: string, given: unknown): unknown[] {
  if (Array.isArray(given)) return given;
  throw new SettingsError(`${path}: must be a list`);
}

function text(path: string, given: unknown): string {
  if (typeof given === "string") return given;
  throw new SettingsError(`${path}: must be text`);
}

function number(path: string, given: unknown): number {
  if (typeof given === "number" && Number.isFinite(given)) return given;
  throw new SettingsError(`${path}: must be a number`);
}

function positive(path: string, given: unknown): number {
  const value = number(path, given);
  if (value > 0) return value;
  throw new SettingsError(`${path}: must be greater than zero, got ${value}`);
}

function whole(path: string, given: unknown, [least, most]: readonly [number, number]): number {
  const value = number(path, given);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new SettingsError(`${path}: must be a whole number from ${least} to ${most}, got ${value}`);
}

/** Base64 of UTF-8, with letters that are allowed in addresses. */
function base64Of(plain: string): string {
  const bytes = new TextEncoder().encode(plain);
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function textOf(base64: string): string {
  const binary = atob(base64.replaceAll("-", "+").replaceAll("_", "/"));
  return new TextDecoder("utf-8", { fatal: true }).decode(
    Uint8Array.from(binary, (letter) => letter.charCodeAt(0)),
  );
}
