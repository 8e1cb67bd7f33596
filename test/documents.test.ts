// What documents say is right: their programs have the right types, run, and give what is said; their links lead somewhere.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { repository } from "./consumer.js";
import { documents, type Program, programsOf, Reader, withClaims } from "./documents.js";

const read = (name: string): string => readFileSync(join(repository, name), "utf8");

/** Programs that cannot run here, by document and line of the fence, with the reason. */
const NOT_RUN: Readonly<Record<string, string>> = {};

const programs = documents().flatMap((name) => programsOf(name, read(name)));
const place = ({ document, line }: Program): string => `${document}:${line}`;

let reader: Reader;

beforeAll(() => {
  reader = new Reader({ "pelts.csv": read("examples/lynx-hare/lynx-hare.csv") });
  reader.add(programs);
});

afterAll(() => reader?.remove());

describe("programs", () => {
  test("there are some in README.md and in every chapter of the guide but Rust's", () => {
    const with_ = new Set(programs.map(({ document }) => document));
    const wanted = documents().filter(
      (name) => name === "README.md" || name.startsWith("docs/guide/"),
    );
    expect(wanted.length).toBeGreaterThan(7);
    expect(wanted.filter((name) => !with_.has(name))).toEqual(["docs/guide/rust.md"]);
  });

  test("those that are not run are listed here, with a reason", () => {
    const notRun = programs.filter(({ isRun }) => !isRun).map(place);
    expect(notRun).toEqual(Object.keys(NOT_RUN));
  });

  test("they claim results, which are checked", () => {
    const claims = programs.reduce((sum, { code }) => sum + withClaims(code).claims, 0);
    expect(claims).toBeGreaterThan(10);
  });

  test.each(programs.map((one) => [place(one), one] as const))(
    "%s has the right types",
    (_, one) => {
      expect(reader.typeErrors(one)).toEqual([]);
    },
  );

  test.each(programs.filter(({ isRun }) => isRun).map((one) => [place(one), one] as const))(
    "%s runs, and gives what it says",
    async (_, one) => {
      await reader.run(one);
    },
  );

  test("a type, a failure and a claim that are wrong are noticed", async () => {
    const wrong = new Reader();
    const fenced = (...lines: string[]) => ["Text.", "", ...lines].join("\n");
    const ofText = (text: string): Program => programsOf("wrong.md", text)[0] as Program;
    const misspelt = ofText(
      fenced(
        "```ts",
        'import { lorenz96 } from "least-action";',
        "```",
        "",
        "```ts continued",
        "lorenz96({ dimensions: 5 });",
        "```",
        "",
      ),
    );
    const failing = ofText(fenced("```ts", 'throw new Error("no");', "```", ""));
    const claiming = ofText(fenced("```ts", "Math.sqrt(2); // 1.42", "```", ""));
    const rounded = ofText(
      fenced("```ts", "Math.sqrt(2); // 1.41", "[0, NaN]; // not a claim", "```", ""),
    );
    try {
      wrong.add([misspelt]);
      expect(wrong.typeErrors(misspelt)).toEqual([
        expect.stringMatching(/^wrong\.md:8: .*'dimensions'/),
      ]);
      wrong.add([{ ...failing, document: "a.md" }]);
      const named = [failing, claiming, rounded].map((one, i) => ({ ...one, document: `${i}.md` }));
      wrong.add(named);
      const [first, second, third] = named as [Program, Program, Program];
      await expect(wrong.run(first)).rejects.toThrow(/no[^]*\.md\.mts:4/);
      await expect(wrong.run(second)).rejects.toThrow(
        "line 4: is 1.4142135623730951, and not 1.42",
      );
      await expect(wrong.run(third)).resolves.toBe("");
    } finally {
      wrong.remove();
    }
  });
});

test.each(documents())("links of %s lead somewhere", (name) => {
  const text = read(name).replace(/^```.*?^```$/gms, "");
  const links = Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, link]) => link as string);
  const local = links
    .filter((link) => !/^https?:|^#/.test(link))
    .map((link) => link.replace(/#.*/, ""));
  const lost = local
    .map((link) => join(dirname(name), link))
    .filter((path) => !existsSync(join(repository, path)));
  expect(lost).toEqual([]);
});

test("README.md is at most 6 kB", () => {
  expect(Buffer.byteLength(read("README.md"))).toBeLessThanOrEqual(6000);
});
