// Files that a user opens: saved settings and data.
import type { FileTable } from "./engine/protocol.js";
import { own, type PathSettings, type Settings, SettingsError, settingsOf } from "./settings.js";

/**
 * Maximum size in bytes. A file of this size is read in a few seconds; a larger one is probably not
 * what was meant.
 */
const MOST_BYTES = 64 * 2 ** 20;

/**
 * Throws if the file is too large. Called before reading, so that such a file never fills the
 * page's memory.
 */
export function checkSize({ name, size }: { name: string; size: number }): void {
  if (size <= MOST_BYTES) return;
  const [found, most] = [size, MOST_BYTES].map((bytes) => (bytes / 2 ** 20).toFixed(0));
  throw new SettingsError(
    `${name}: has ${found} MB; at most ${most} are read here. Leave out columns or rows, ` +
      "or use the library in Node.",
  );
}

export function isSettings({ name }: { name: string }): boolean {
  return /\.json$/i.test(name);
}

export function isNpy({ name }: { name: string }): boolean {
  return /\.npy$/i.test(name);
}

/** Settings from a file that holds them alone, or with a result. */
export function savedSettings(name: string, text: string): Settings {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw new SettingsError(
      `${name}: is not JSON; the lab opens the .json files that it saves, .csv and .npy`,
    );
  }
  return settingsOf(
    typeof given === "object" && given !== null && "settings" in given ? given.settings : given,
  );
}

/** Names of columns of times, also with a unit behind them, as in "time (s)" or "t_ms". */
const TIME =
  /^(t|times?|dates?|years?|months?|weeks?|days?|hours?|h|minutes?|min|seconds?|sec|s|ms)([\s_([].*)?$/i;

/**
 * The settings with the file's columns as their data. A state gets the column of its own name, or
 * the only one that is left where it is the only state; all else is for the user to say, who is
 * asked in any case before anything runs. A choice made for an earlier file stays if this file has
 * the column too.
 */
export function withFile(settings: PathSettings, table: FileTable): PathSettings {
  const { name, columns, steps } = table;
  const { data, observed } = settings;
  const before = data.from === "file" ? data : undefined;
  const isSame = before?.name === name;
  const isKept =
    before !== undefined &&
    (columns.includes(before.time ?? "") || (isSame && before.time === null));
  const time = isKept ? before.time : timeOf(table, observed);
  const timeStep = isSame && isKept ? before.timeStep : stepOf(steps, time, data.timeStep);

  const chosen = new Map<string, string>();
  for (const state of observed) {
    const kept = own(before?.columns ?? {}, state) ?? "";
    const column = columns.includes(kept) ? kept : state;
    if (columns.includes(column) && column !== time) chosen.set(state, column);
  }
  const open = observed.filter((state) => !chosen.has(state));
  const taken = new Set(chosen.values());
  const free = columns.filter((column) => column !== time && !taken.has(column));
  if (open.length === 1 && free.length === 1) chosen.set(open[0] as string, free[0] as string);
  const all = observed.map((state) => [state, chosen.get(state) ?? ""] as const);
  return {
    ...settings,
    data: { from: "file", name, time, timeStep, columns: Object.fromEntries(all) },
  };
}

/**
 * Text that changes with the file and with the columns that the settings take from it: what the
 * user has to see before it is used.
 */
export function columnsOf({ data, observed }: PathSettings): string | null {
  if (data.from === "twin") return null;
  const { name, time, columns } = data;
  return JSON.stringify([name, time, ...observed.map((state) => [state, own(columns, state)])]);
}

/**
 * Name of the column of times, if possible one that grows from row to row. A column T may also be a
 * temperature. Without such a name it is the first column, if that grows.
 */
function timeOf({ columns, steps }: FileTable, observed: string[]): string | null {
  const named = columns.filter((column) => TIME.test(column) && !observed.includes(column));
  return (
    named.find((column) => own(steps, column) !== undefined) ??
    named.find((column) => column !== "T") ??
    columns
      .slice(0, 1)
      .find((column) => own(steps, column) !== undefined && !observed.includes(column)) ??
    null
  );
}

/** Step of a column of times, or `otherwise` if it is not known. */
export function stepOf(steps: FileTable["steps"], time: string | null, otherwise: number): number {
  return (time === null ? undefined : own(steps, time)) ?? otherwise;
}
