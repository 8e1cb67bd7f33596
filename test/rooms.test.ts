// Tests that the sources use only those rooms that ARCHITECTURE.md allows.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";
import { repository } from "./consumer.js";

const CORE = join(repository, "crates", "least-action", "src");
const SDK = join(repository, "sdk", "src");

/** A file that uses another room. */
interface Use {
  room: string;
  uses: string;
  file: string;
}

/** Rooms that each room may use, from the list under a heading of ARCHITECTURE.md. */
function rulesOf(document: string, heading: string): Map<string, Set<string>> {
  const section = document.split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  const items = section.split(/^- /m).slice(1);
  return new Map(
    items.map((item) => {
      const [room, ...others] = Array.from(item.matchAll(/`(\w+)`/g), ([, name]) => name as string);
      return [room as string, new Set(others)];
    }),
  );
}

function filesBelow(folder: string, ending: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(ending)).map((name) => join(folder, name));
}

/**
 * Heads of all paths in this crate: those of `use crate::{action::Prior, Error}` are `action` and
 * `Error`.
 */
function headsOf(source: string): string[] {
  const code = source
    .replace(/\/\/.*$/gm, "")
    .replace(/^#\[cfg\(test\)\]\s*(mod \w+ \{.*?^\}|use [^;]*;)/gms, "");
  const heads = Array.from(code.matchAll(/\bcrate::(\w+)/g), ([, head]) => head as string);
  for (const { index } of code.matchAll(/\bcrate::\{/g)) heads.push(...listed(code, index + 8));
  return heads;
}

/** The first names of the items between braces, the opening one of which is just before `start`. */
function listed(code: string, start: number): string[] {
  let depth = 1;
  let text = "";
  for (let at = start; at < code.length && depth > 0; at++) {
    const character = code[at] as string;
    if (character === "{") depth += 1;
    else if (character === "}") depth -= 1;
    else if (depth === 1) text += character;
  }
  return Array.from(text.matchAll(/(?:^|,)\s*(\w+)/g), ([, head]) => head as string);
}

/** The rooms of the core, and those of types that lib.rs shows at the top. */
function coreRooms(lib: string): { rooms: Set<string>; shown: Map<string, string> } {
  const rooms = Array.from(lib.matchAll(/^(?:pub )?mod (\w+);/gm), ([, room]) => room as string);
  const shown = new Map<string, string>();
  for (const [, room, names] of lib.matchAll(/^pub use (\w+)::(\{[^}]*\}|\w+);/gm))
    for (const [name] of (names as string).matchAll(/\w+/g)) shown.set(name, room as string);
  return { rooms: new Set(rooms), shown };
}

function usesOfCore(): Use[] {
  const { rooms, shown } = coreRooms(readFileSync(join(CORE, "lib.rs"), "utf8"));
  return filesBelow(CORE, ".rs").flatMap((path) => {
    const file = relative(CORE, path);
    const room = file.split(/[\\/.]/)[0] as string;
    if (/(^|[\\/])tests(\.rs$|[\\/])/.test(file) || room === "lib") return [];
    const heads = headsOf(readFileSync(path, "utf8")).map((head) => shown.get(head) ?? head);
    const used = heads.filter((head) => rooms.has(head) && head !== room);
    return [...new Set(used)].map((uses) => ({ room, uses, file }));
  });
}

/** The folders of the SDK that a file outside of the tests imports from. */
function usesOfSdk(): Use[] {
  return filesBelow(SDK, ".ts").flatMap((path) => {
    const file = relative(SDK, path);
    if (!/[\\/]/.test(file) || file.endsWith(".test.ts")) return [];
    const room = file.split(/[\\/]/)[0] as string;
    const imports = readFileSync(path, "utf8").matchAll(/(?:from|import\()\s*"(\.[^"]*)"/g);
    const targets = Array.from(imports, ([, to]) =>
      relative(SDK, join(dirname(path), to as string)),
    );
    const used = targets
      .filter((to) => /[\\/]/.test(to))
      .map((to) => to.split(/[\\/]/)[0] as string);
    const others = used.filter((uses) => uses !== room && uses !== "..");
    return [...new Set(others)].map((uses) => ({ room, uses, file }));
  });
}

/** Uses that no rule allows, with the files where they are. */
function forbidden(uses: Use[], rules: Map<string, Set<string>>): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { room, uses: other, file } of uses) {
    if (rules.get(room)?.has(other)) continue;
    const name = `${room} uses ${other}`;
    found.set(name, [...(found.get(name) ?? []), file]);
  }
  return found;
}

const document = readFileSync(join(repository, "ARCHITECTURE.md"), "utf8");
const core = { rules: rulesOf(document, "Rooms of the core"), uses: usesOfCore() };
const sdk = { rules: rulesOf(document, "Rooms of the SDK"), uses: usesOfSdk() };

test.each([
  ["core", core],
  ["SDK", sdk],
])("rooms of the %s use what ARCHITECTURE.md allows", (_, { rules, uses }) => {
  expect(uses.length).toBeGreaterThan(0);
  expect(Object.fromEntries(forbidden(uses, rules))).toEqual({});
});

test("every room has a rule, and no two rooms of the core use each other", () => {
  const { rooms } = coreRooms(readFileSync(join(CORE, "lib.rs"), "utf8"));
  expect([...rooms].filter((room) => !core.rules.has(room))).toEqual([]);
  const folders = new Set(sdk.uses.map(({ room }) => room));
  expect([...folders].filter((room) => !sdk.rules.has(room))).toEqual([]);
  // A room comes after all that it uses, so that there are no circles.
  const order = [...core.rules.keys()];
  const late = order.flatMap((room, place) =>
    [...(core.rules.get(room) ?? [])].filter((other) => !order.slice(0, place).includes(other)),
  );
  expect(late).toEqual([]);
});

test("forbidden uses are seen, whatever form they have", () => {
  const source = `
use crate::{
    anneal::{Climb, Run},
    Error,
};
// use crate::twin::predict;
fn f() { crate::statistics::summarize(); }
#[cfg(test)]
mod tests {
    use crate::mechanics::System;
}
`;
  expect(headsOf(source).sort()).toEqual(["Error", "anneal", "statistics"]);
  const rules = rulesOf("## Rooms\n\n- `solve`: `error`\n- `error`: nothing\n\n## Next\n", "Rooms");
  expect(forbidden([{ room: "solve", uses: "anneal", file: "a.rs" }], rules)).toEqual(
    new Map([["solve uses anneal", ["a.rs"]]]),
  );
});
