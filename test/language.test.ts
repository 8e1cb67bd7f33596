/**
 * The language of doc comments: each of them stands alone in an editor, none is missing at the
 * public face of the SDK, and comments and Markdown wrap at 100 columns. Rust's missing docs are a
 * lint of the workspace.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { repository } from "./consumer.js";

const files = (...patterns: string[]): string[] =>
  execFileSync("git", ["ls-files", ...patterns], { cwd: repository, encoding: "utf8" })
    .split("\n")
    .filter(Boolean);
const linesOf = (file: string): string[] =>
  readFileSync(join(repository, file), "utf8").split("\n");

/** Words with which a doc comment begins that only its place in the file explains. */
const FRAGMENT = /^(What|Where|Whether|Of|By|How|The same|As)\b/;

/** First lines of the doc comments of a file, with their numbers. */
function docComments(lines: readonly string[]): [number, string][] {
  const found: [number, string][] = [];
  lines.forEach((line, i) => {
    const before = lines[i - 1]?.trim() ?? "";
    const rust = /^\s*(\/\/[/!]) (.*)$/.exec(line);
    if (rust !== null && !before.startsWith(rust[1] as string)) {
      found.push([i + 1, rust[2] as string]);
    }
    const short = /^\s*\/\*\* (.*)$/.exec(line);
    if (short !== null) found.push([i + 1, short[1] as string]);
    const long = /^\s*\* (.*)$/.exec(line);
    if (long !== null && before === "/**") found.push([i + 1, long[1] as string]);
  });
  return found;
}

const fragmentsOf = (lines: readonly string[]): [number, string][] =>
  docComments(lines).filter(([, text]) => FRAGMENT.test(text));

test("a fragment is noticed in each form of doc comment", () => {
  const fragments = ["/// What it is.", "", "/** Of `hmc`. */", "/**", " * The same.", " */"];
  expect(fragmentsOf(fragments).map(([number]) => number)).toEqual([1, 3, 5]);
  const whole = ["//! The action.", "//! What it is made of.", "/** Offsets of rows. */"];
  expect(fragmentsOf(whole)).toEqual([]);
});

test("doc comments stand alone", () => {
  const all = files("*.rs", "*.ts", "*.tsx", "*.mts").flatMap((file) =>
    fragmentsOf(linesOf(file)).map(([number, text]) => `${file}:${number}: ${text}`),
  );
  expect(all).toEqual([]);
});

test("comments wrap at 100 columns", () => {
  const wide = files("*.rs", "*.ts", "*.tsx", "*.mts", "*.mjs").flatMap((file) =>
    linesOf(file).flatMap((line, i) =>
      /^\s*(\/\/|\/\*\*|\* )/.test(line) && [...line].length > 100 && !/https?:\/\/\S+$/.test(line)
        ? [`${file}:${i + 1}`]
        : [],
    ),
  );
  expect(wide).toEqual([]);
});

test("Markdown wraps at 100 columns, but for tables, links, pictures and code", () => {
  const wide = files("*.md").flatMap((file) => {
    let code = false;
    return linesOf(file).flatMap((line, i) => {
      if (line.trimStart().startsWith("```")) code = !code;
      const free = code || /^( {4}|\s*\||.*\]\()/.test(line);
      return !free && [...line].length > 100 ? [`${file}:${i + 1}`] : [];
    });
  });
  expect(wide).toEqual([]);
});

/** Members that users see: of interfaces, classes, and object types behind a name. */
function membersOf(declaration: ts.Declaration): readonly ts.NamedDeclaration[] {
  if (ts.isInterfaceDeclaration(declaration)) return declaration.members;
  if (ts.isClassDeclaration(declaration)) {
    const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
    return declaration.members.filter((one) => !(ts.getCombinedModifierFlags(one) & hidden));
  }
  const within = (type: ts.TypeNode): readonly ts.NamedDeclaration[] => {
    if (ts.isTypeLiteralNode(type)) return type.members;
    if (ts.isParenthesizedTypeNode(type)) return within(type.type);
    if (ts.isIntersectionTypeNode(type)) return type.types.flatMap(within);
    if (!ts.isUnionTypeNode(type)) return [];
    // Of an object with one member the name is the form of the union that it is.
    const isForm = (part: ts.TypeNode): boolean =>
      ts.isTypeLiteralNode(part) && part.members.length === 1;
    return type.types.filter((part) => !isForm(part)).flatMap(within);
  };
  return ts.isTypeAliasDeclaration(declaration) ? within(declaration.type) : [];
}

test("every export of the SDK and each of its members has a doc comment", () => {
  const read = ts.readConfigFile(join(repository, "tsconfig.json"), (path) =>
    ts.sys.readFile(path),
  );
  const { options } = ts.parseJsonConfigFileContent(read.config, ts.sys, repository);
  const entry = join(repository, "sdk/src/index.ts");
  const program = ts.createProgram([entry], options);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(entry) as ts.SourceFile;
  const module = checker.getSymbolAtLocation(source) as ts.Symbol;
  const missing: string[] = [];
  const check = (name: string, symbol: ts.Symbol): void => {
    if (symbol.getJsDocTags(checker).some((tag) => tag.name === "internal")) return;
    const text = ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim();
    const [declaration] = symbol.declarations ?? [];
    if (text !== "" || declaration === undefined) return;
    const file = declaration.getSourceFile();
    const { line } = file.getLineAndCharacterOfPosition(declaration.getStart());
    missing.push(`${relative(repository, file.fileName)}:${line + 1}: ${name}`);
  };
  const exported = checker.getExportsOfModule(module);
  expect(exported.length).toBeGreaterThan(100);
  for (const one of exported) {
    const isAlias = (one.flags & ts.SymbolFlags.Alias) !== 0;
    const symbol = isAlias ? checker.getAliasedSymbol(one) : one;
    check(one.name, symbol);
    for (const member of (symbol.declarations ?? []).flatMap(membersOf)) {
      if (member.name === undefined || ts.isPrivateIdentifier(member.name)) continue;
      // A literal that tells the forms of a union apart says itself what it is.
      if (ts.isPropertySignature(member) && member.type && ts.isLiteralTypeNode(member.type)) {
        continue;
      }
      const inner = checker.getSymbolAtLocation(member.name);
      if (inner !== undefined) check(`${one.name}.${inner.name}`, inner);
    }
  }
  expect(missing).toEqual([]);
});
