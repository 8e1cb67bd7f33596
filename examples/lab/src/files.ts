// Files that a person opens: settings as they were saved, and data.
import type { FileTable } from "./engine/protocol.js";
import { type PathSettings, type Settings, SettingsError, settingsOf } from "./settings.js";

/** A file of this many bytes is read in a few seconds; a longer one is probably not what was meant. */
const MOST_BYTES = 64 * 2 ** 20;

/** Before it is read: what is too long for the page's memory is never in it. */
export function checkSize({ name, size }: { name: string; size: number }): void {
  if (size <= MOST_BYTES) return;
  const [found, most] = [size, MOST_BYTES].map((bytes) => (bytes / 2 ** 20).toFixed(0));
  throw new SettingsError(
    `${name}: has ${found} MB; at most ${most} are read here. Leave out columns or rows, or use the library in Node.`,
  );
}

/** Settings as they were saved by themselves, or with a result. */
export function savedSettings(name: string, text: string): Settings {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw new SettingsError(`${name}: is not JSON; the lab opens the .json files that it saves, .csv and .npy`);
  }
  return settingsOf(typeof given === "object" && given !== null && "settings" in given ? given.settings : given);
}

const TIME = /^(t|time|times|year|date)$/i;

/** The file's columns in the place of a twin, as far as their names say what they are. What was chosen of an earlier file stays, where this one has it too. */
export function withFile(settings: PathSettings, { name, columns, steps }: FileTable): PathSettings {
  const { data, observed } = settings;
  const before = data.from === "file" ? data : undefined;
  const isThere = (column: string | null | undefined): column is string => columns.includes(column ?? "");
  const isSame = before?.name === name;
  const time =
    before !== undefined && (isThere(before.time) || (isSame && before.time === null))
      ? before.time
      : (columns.find((column) => TIME.test(column)) ?? null);
  const timeStep = isSame && time === before.time ? before.timeStep : stepOf(steps, time, data.timeStep);
  const others = columns.filter((column) => column !== time);
  const chosen = observed.map((state, k) => {
    const [kept, own] = [before?.columns[state], others.find((column) => column === state)];
    return [state, isThere(kept) ? kept : (own ?? others[k] ?? "")] as const;
  });
  return {
    ...settings,
    data: { from: "file", name, time, timeStep, columns: Object.fromEntries(chosen) },
  };
}

/** How far the times of a column are apart, if that is known. */
export function stepOf(steps: FileTable["steps"], time: string | null, otherwise: number): number {
  return (time === null ? undefined : steps[time]) ?? otherwise;
}
