// The code blocks of documents as programs: found, type checked as a user's compiler would, and run as a user would.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { program as installed, repository, run } from "./consumer.js";

/** A program of a document: a block, and those after it that go on from it. */
export interface Program {
  /** Path of the document in the repository, with slashes. */
  document: string;
  /** Line of the first fence, from 1. */
  line: number;
  /** Stands on the same lines as in the document, so that every message names the line to look at. */
  code: string;
  /** Whether its fence says `no-run`: types are checked all the same. */
  isRun: boolean;
}

/** Documents whose code is tested: README.md and what lies in docs and docs/guide. */
export function documents(): string[] {
  const inFolder = (folder: string): string[] =>
    readdirSync(join(repository, folder))
      .filter((name) => name.endsWith(".md"))
      .map((name) => `${folder}/${name}`);
  return ["README.md", ...inFolder("docs"), ...inFolder("docs/guide")];
}

/**
 * Programs of a document, from fences that begin with `ts`. `ts continued` goes on from the block before, in the same
 * program; `ts no-run` is not run.
 */
export function programsOf(document: string, text: string): Program[] {
  const programs: Program[] = [];
  const fence = /^```ts\b([^\n]*)\n(.*?)^```$/gms;
  for (const match of text.matchAll(fence)) {
    const [, given, code] = match as unknown as [string, string, string];
    const words = given.trim().split(/\s+/).filter(Boolean);
    const line = text.slice(0, match.index).split("\n").length;
    const at = `${document}:${line}`;
    const odd = words.find((word) => word !== "continued" && word !== "no-run");
    if (odd !== undefined) throw new Error(`${at}: "${odd}" is not known beside ts`);
    if (!words.includes("continued")) {
      const isRun = !words.includes("no-run");
      programs.push({ document, line, code: "\n".repeat(line) + code, isRun });
      continue;
    }
    const before = programs.at(-1);
    if (before === undefined) throw new Error(`${at}: continues a block that is not there`);
    const used = before.code.split("\n").length - 1;
    before.code += "\n".repeat(line - used) + code;
  }
  return programs;
}

/** A line `expression; // 8.17` claims that the expression is 8.17. Claims are literals, alone or before `:`, `;` or `,`. */
const CLAIM =
  /^(\s*)((?!(?:const|let|await|return|import|export)\b)[A-Za-z][^;]*); \/\/ ("(?:[^"\\]|\\.)*"|\[[^\]]*\]|[-+]?\d[\d.]*(?:e[-+]?\d+)?|true|false|null|NaN)(?=$|[:;,]).*$/;

/** The program with its claims checked where it runs. */
export function withClaims(code: string): { code: string; claims: number } {
  let claims = 0;
  const lines = code.split("\n").map((line, i) =>
    line.replace(CLAIM, (_, indent: string, expression: string, literal: string) => {
      claims += 1;
      return `${indent}claimed(${i + 1}, ${expression}, ${JSON.stringify(literal)});`;
    }),
  );
  return { code: lines.join("\n"), claims };
}

// Loaded before every program. A number holds if it is the claimed one when rounded to as many digits.
const claimed = `
const holds = (value, claim) => {
  if (claim.startsWith("[")) {
    const items = claim.slice(1, -1).split(",").map((item) => item.trim()).filter(Boolean);
    return items.length === value?.length && items.every((item, i) => holds(value[i], item));
  }
  if (!/^[-+]?\\d/.test(claim)) return claim === "NaN" ? Number.isNaN(value) : value === JSON.parse(claim);
  const digits = claim.replace(/e.*/, "").replace(/^\\D*0*\\.?0*|[^0-9]/g, "").length || 1;
  return typeof value === "number" && Number(value.toPrecision(digits)) === Number(claim);
};
globalThis.claimed = (line, value, claim) => {
  if (holds(value, claim)) return;
  throw new Error("line " + line + ": is " + (JSON.stringify(value) ?? String(value)) + ", and not " + claim);
};
`;

/** A project outside of the repository that has the package, as a user's has. */
export class Reader {
  readonly folder = mkdtempSync(join(tmpdir(), "least-action-documents-"));
  readonly #programs = new Map<Program, string>();
  #types: ts.Program | undefined;

  /** @param files that programs read, by name. */
  constructor(files: Readonly<Record<string, string | Uint8Array>> = {}) {
    mkdirSync(join(this.folder, "node_modules"));
    symlinkSync(repository, join(this.folder, "node_modules", "least-action"), "junction");
    writeFileSync(
      join(this.folder, "package.json"),
      JSON.stringify({ private: true, type: "module" }),
    );
    writeFileSync(join(this.folder, "claimed.mjs"), claimed);
    for (const [name, content] of Object.entries(files))
      writeFileSync(join(this.folder, name), content);
  }

  add(programs: readonly Program[]): void {
    for (const one of programs) {
      const name = `${one.document.replace(/\W+/g, "-")}-${one.line}.mts`;
      const path = join(this.folder, name);
      writeFileSync(path, one.code);
      this.#programs.set(one, path);
    }
    this.#types = undefined;
  }

  /** What the compiler has against a program, a line each. */
  typeErrors(one: Program): string[] {
    this.#types ??= ts.createProgram([...this.#programs.values()], {
      module: ts.ModuleKind.Node16,
      moduleResolution: ts.ModuleResolutionKind.Node16,
      target: ts.ScriptTarget.ES2022,
      strict: true,
      noEmit: true,
      // For node:fs. That the package's own declarations stand alone is tested where it is packed.
      types: ["node"],
      typeRoots: [installed("@types")],
      skipLibCheck: true,
    });
    const file = this.#types.getSourceFile(this.#path(one));
    if (file === undefined)
      throw new Error(`${one.document}:${one.line} was not read by the compiler`);
    return ts.getPreEmitDiagnostics(this.#types, file).map(({ start = 0, messageText }) => {
      const line = file.getLineAndCharacterOfPosition(start).line + 1;
      return `${one.document}:${line}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
    });
  }

  /** Runs a program to its end; rejects if it fails, or claims what is not so. */
  async run(one: Program): Promise<string> {
    const path = this.#path(one).replace(/\.mts$/, ".mjs");
    const { outputText } = ts.transpileModule(withClaims(one.code).code, {
      compilerOptions: {
        module: ts.ModuleKind.ES2022,
        target: ts.ScriptTarget.ES2022,
        inlineSourceMap: true,
      },
      fileName: `${one.document}.mts`,
    });
    writeFileSync(path, outputText);
    const args = ["--enable-source-maps", "--import", "./claimed.mjs", path];
    return run(process.execPath, args, this.folder);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  #path(one: Program): string {
    const path = this.#programs.get(one);
    if (path === undefined) throw new Error(`${one.document}:${one.line} was not added`);
    return path;
  }
}
