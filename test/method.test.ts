// Documents name files and functions that exist.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "./consumer.js";

/** Folders that documents leave out in front of a path. */
const ROOTS = ["", "crates/least-action/src", "sdk/src"];

/**
 * Paths that the build makes, so that a fresh clone has none of them, and names that the package is
 * imported by.
 */
const BUILT =
  /^(dist|target|node_modules|sdk\/generated|\.toolchain|examples\/output|least-action)\//;

const FILE = /^[\w@.-]+(\/[\w@.-]+)*(\/|\.(rs|ts|tsx|mts|mjs|js|json|md|toml|py|html))$/;
const NAMED = /`([^`\s]+\.(?:rs|ts|mjs))`\s*\|?\s*((?:`[A-Za-z_][\w:]*`(?:,\s*)?)+)/g;

const documents = [
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  ...readdirSync(join(repository, "docs"))
    .filter((name) => name.endsWith(".md") && name !== "CHANGELOG.md")
    .map((name) => join("docs", name)),
];
const textOf = (path: string): string => readFileSync(join(repository, path), "utf8");

/** The path from the repository's root, or undefined if there is no such file or folder. */
function located(path: string): string | undefined {
  return ROOTS.map((root) => join(root, path)).find((whole) => existsSync(join(repository, whole)));
}

function defines(source: string, name: string): boolean {
  const keyword = "fn|struct|enum|trait|const|type|mod|function|class|interface";
  const definition = new RegExp(`\\b(${keyword})\\s+${name}\\b`);
  const variant = new RegExp(`^\\s+${name}\\s*[,({]`, "m");
  return definition.test(source) || variant.test(source);
}

/** Paths in backticks that do not exist, and names that the file before them does not define. */
function faults(document: string): string[] {
  const text = document.replace(/^```.*?^```/gms, "");
  const quoted = Array.from(text.matchAll(/`([^`\n]+)`/g), ([, inner]) => inner as string);
  const paths = new Set(quoted.filter((inner) => FILE.test(inner) && !BUILT.test(inner)));
  const missing = [...paths].filter((path) => located(path) === undefined);
  const unknown: string[] = [];
  for (const [, path, names] of text.matchAll(NAMED)) {
    const file = located(path as string);
    if (file === undefined) continue;
    const source = textOf(file);
    for (const [, name] of (names as string).matchAll(/`(?:\w+::)*(\w+)`/g))
      if (!defines(source, name as string)) unknown.push(`${path} ${name}`);
  }
  return [...missing, ...unknown];
}

test.each(documents)("%s names what exists", (path) => {
  expect(faults(textOf(path))).toEqual([]);
});

test("wrong paths and names are seen", () => {
  const document =
    "`crates/least-action/src/lib.rs`, `solve/nowhere.rs`, `docs/none/`\n" +
    "| `action/mod.rs` | `Action::evaluate`, `Action::evaluated` |\n";
  expect(faults(document)).toEqual(["solve/nowhere.rs", "docs/none/", "action/mod.rs evaluated"]);
});

test("docs/method.md has an implementation for every section", () => {
  const sections = textOf("docs/method.md").split(/^## /m).slice(1);
  expect(sections.length).toBeGreaterThanOrEqual(15);
  for (const section of sections) expect(section.match(NAMED), section.slice(0, 40)).not.toBeNull();
});

/** All sources below a folder, tests left out, as one text. */
function sourcesBelow(folder: string): string {
  const names = readdirSync(join(repository, folder), { recursive: true, encoding: "utf8" });
  const sources = names.filter((name) => /\.(rs|ts)$/.test(name) && !/\btests?\b/.test(name));
  return sources.map((name) => textOf(join(folder, name))).join("\n");
}

/** Names of the glossary, by language. */
function glossary(): { language: string; name: string }[] {
  const entries = textOf("docs/glossary.md").replace(/\s+/g, " ");
  const lists = entries.matchAll(/\b(Rust|TypeScript): ((?:`[^`]+`(?:, )?)+)/g);
  return Array.from(lists).flatMap(([, language, names]) =>
    Array.from((names as string).matchAll(/`([^`]+)`/g), ([, name]) => ({
      language: language as string,
      name: name as string,
    })),
  );
}

test("the code has the names of the glossary", () => {
  const sources: Record<string, string> = {
    Rust: sourcesBelow("crates/least-action/src"),
    TypeScript: sourcesBelow("sdk/src") + sourcesBelow("sdk/generated"),
  };
  const names = glossary();
  expect(names.length).toBeGreaterThan(150);
  const absent = names.filter(({ language, name }) => {
    const pattern = name.startsWith('"') ? name : `\\b${name}\\b`;
    return !new RegExp(pattern).test(sources[language] as string);
  });
  const told = absent.map(({ language, name }) => `${language} ${name}`);
  expect(told).toEqual([]);
});

test("the glossary says every term once", () => {
  const terms = Array.from(
    textOf("docs/glossary.md").matchAll(/\*\*([^*]+)\*\*/g),
    ([, term]) => term,
  );
  expect(terms.filter((term, place) => terms.indexOf(term) !== place)).toEqual([]);
});

test.each(documents)("links of %s lead to files", (path) => {
  const links = Array.from(
    textOf(path).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g),
    ([, to]) => to as string,
  );
  const missing = links.filter((to) => !existsSync(join(repository, dirname(path), to)));
  expect(missing).toEqual([]);
});

test("the list of decisions is complete", () => {
  const folder = join(repository, "docs", "decisions");
  const files = readdirSync(folder).filter((name) => /^\d\d-.*\.md$/.test(name));
  const list = readFileSync(join(folder, "README.md"), "utf8");
  expect(Array.from(list.matchAll(/\((\d\d-[^)]*)\)/g), ([, name]) => name)).toEqual(files.sort());
});
