// npm test: every suite in turn, its output as it comes, and one line for all of them at the end.
//   npm test -- <filter>   only the tests with this in their name
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { cargoBin, repository } from "../sdk/build/paths.mjs";
import { TESTED } from "./native.mjs";

const filter = process.argv[2];
// The same random cases at every run; another seed looks further.
const env = {
  PROPTEST_RNG_SEED: "1",
  ...process.env,
  PATH: [process.env.PATH, cargoBin].join(delimiter),
};
// A pipe would lose the colours of a terminal; and a log file should have none.
Object.assign(
  env,
  process.stdout.isTTY ? { FORCE_COLOR: "1", CARGO_TERM_COLOR: "always" } : { NO_COLOR: "1" },
);

/**
 * Runs a program, passes its output on and resolves to `{ code, output }`; code is null if it could
 * not be started.
 */
function stream(program, args) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: repository,
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (data) => {
      output += data;
      process.stdout.write(data);
    });
    child.on("error", () => resolve({ code: null, output }));
    child.on("close", (code, signal) => resolve({ code: code ?? `signal ${signal}`, output }));
  });
}

// eslint-disable-next-line no-control-regex
const withoutColour = (text) => text.replace(/\u001b\[[0-9;]*m/g, "");

async function rust() {
  const { code, output } = await stream("cargo", [
    "test",
    ...TESTED,
    "--no-fail-fast",
    ...(filter ? [filter] : []),
  ]);
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const line = /^test result: .*? (\d+) passed; (\d+) failed; (\d+) ignored/gm;
  for (const [, passed, failed, ignored] of withoutColour(output).matchAll(line)) {
    counts.passed += Number(passed);
    counts.failed += Number(failed);
    counts.skipped += Number(ignored);
  }
  return { code, ...counts };
}

async function typescript() {
  const folder = mkdtempSync(join(tmpdir(), "least-action-"));
  const report = join(folder, "vitest.json");
  const vitest = join(repository, "node_modules", "vitest", "vitest.mjs");
  const args = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const { code } = await stream(process.execPath, [
    vitest,
    ...args,
    ...(filter ? ["--testNamePattern", filter] : []),
  ]);
  const counts = { passed: 0, failed: 0, skipped: 0 };
  if (existsSync(report)) {
    const result = JSON.parse(readFileSync(report, "utf8"));
    counts.passed = result.numPassedTests;
    counts.failed = result.numFailedTests;
    // A suite without a matching test gets no line.
    counts.skipped = filter ? 0 : result.numPendingTests + result.numTodoTests;
    // A file that cannot even be loaded has no tests to fail.
    for (const file of result.testResults) {
      const failedTests = file.assertionResults.filter((test) => test.status === "failed").length;
      if (file.status === "failed" && failedTests === 0) counts.failed += 1;
    }
  }
  rmSync(folder, { recursive: true });
  return { code, ...counts };
}

const total = { passed: 0, failed: 0, skipped: 0 };
const notes = [];

async function suite(name, work) {
  console.log(`\n== ${name}`);
  const start = performance.now();
  const { code, ...counts } = await work();
  for (const key of Object.keys(total)) total[key] += counts[key];
  if (code === null) {
    // On a developer's machine a part may be missing; CI must not pass by leaving things out.
    if (process.env.CI) total.failed += 1;
    notes.push(`${name}: NOT RUN, its program could not be started`);
    return;
  }
  // A crash, a compile error, an error outside of any test
  const crashed = code !== 0 && counts.failed === 0;
  if (crashed) total.failed += 1;
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  notes.push(
    `${name}: ${counts.passed} passed, ${counts.failed} failed, ${seconds} ` +
      `s${crashed ? `; STOPPED (${code})` : ""}`,
  );
}

const built = await stream(process.execPath, [join(repository, "sdk", "build", "prepare.mjs")]);
if (built.code !== 0) {
  total.failed += 1;
  notes.push("build: failed, so the TypeScript suite was not run");
}
await suite("Rust", rust);
if (built.code === 0) await suite("TypeScript", typescript);

console.log(`\n${notes.join("\n")}`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exit(total.failed > 0 ? 1 : 0);
