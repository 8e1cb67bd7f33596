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

const TIME = /^(t|time|times|year|date)$/i;

/**
 * The settings with the file's columns as their data, assigned by name where possible. A choice
 * made for an earlier file stays if this file has the column too.
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
  // Other states get the remaining columns in order, each column once.
  const taken = new Set(chosen.values());
  const free = columns.filter((column) => column !== time && !taken.has(column)).values();
  const all = observed.map(
    (state) => [state, chosen.get(state) ?? free.next().value ?? ""] as const,
  );
  return {
    ...settings,
    data: { from: "file", name, time, timeStep, columns: Object.fromEntries(all) },
  };
}

/**
 * Name of the column of times, if possible one that grows from row to row. A column T may also be a
 * temperature.
 */
function timeOf({ columns, steps }: FileTable, observed: string[]): string | null {
  const named = columns.filter((column) => TIME.test(column) && !observed.includes(column));
  return (
    named.find((column) => own(steps, column) !== undefined) ??
    named.find((column) => column !== "T") ??
    null
  );
}

/** Step of a column of times, or `otherwise` if it is not known. */
export function stepOf(steps: FileTable["steps"], time: string | null, otherwise: number): number {
  return (time === null ? undefined : own(steps, time)) ?? otherwise;
}
