// Files that a person opens: settings as they were saved, and data.
import type { FileTable } from "./engine/protocol.js";
import { own, type PathSettings, type Settings, SettingsError, settingsOf } from "./settings.js";

/**
 * A file of this many bytes is read in a few seconds; a longer one is probably not what was meant.
 */
const MOST_BYTES = 64 * 2 ** 20;

/** Before it is read: what is too long for the page's memory is never in it. */
export function checkSize({ name, size }: { name: string; size: number }): void {
  if (size <= MOST_BYTES) return;
  const [found, most] = [size, MOST_BYTES].map((bytes) => (bytes / 2 ** 20).toFixed(0));
  throw new SettingsError(
    `${name}: has ${found} MB; at most ${most} are read here. Leave out columns or rows, or use the library in Node.`,
  );
}

export function isSettings({ name }: { name: string }): boolean {
  return /\.json$/i.test(name);
}

export function isNpy({ name }: { name: string }): boolean {
  return /\.npy$/i.test(name);
}

/** Settings as they were saved by themselves, or with a result. */
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
 * The file's columns in the place of a twin, as far as their names say what they are. What was
 * chosen of an earlier file stays, where this one has it too.
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
  // Others by their places, but no column twice.
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

/** A column of times by its name, and if possible one that grows; a T may be a temperature. */
function timeOf({ columns, steps }: FileTable, observed: string[]): string | null {
  const named = columns.filter((column) => TIME.test(column) && !observed.includes(column));
  return (
    named.find((column) => own(steps, column) !== undefined) ??
    named.find((column) => column !== "T") ??
    null
  );
}

/** How far the times of a column are apart, if that is known. */
export function stepOf(steps: FileTable["steps"], time: string | null, otherwise: number): number {
  return (time === null ? undefined : own(steps, time)) ?? otherwise;
}
