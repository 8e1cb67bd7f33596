// The package as other people get it: packed, installed into an empty project, and used from every
// kind of module.
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Consumer, makeConsumer, program, repository, run } from "./consumer.js";

let project: Consumer;
let consumer: string;
const write = (name: string, text: string): string => project.write(name, text);

beforeAll(async () => {
  project = await makeConsumer();
  consumer = project.folder;
}, 180_000);

afterAll(() => project?.remove());

const useIt = `
  await init();
  const model = lorenz96({ dimension: 5 });
  const twin = twinExperiment({
    model, parameters: { forcing: 8.17 }, timeStep: 0.025, points: 21, observed: [0, 1, 2, 3], noise: 0.5, seed: 1,
  });
  const run = await anneal({
    model, data: twin.data, discretization: "simpson-hermite", measurementPrecision: 4,
    modelPrecision: { initial: 4e-3, factor: 4, rungs: 4 },
    estimate: { forcing: { initial: [6, 10] } }, startingPaths: { count: 2, range: [-10, 10], seed: 2 },
  });
  const forcing: number = run.best.parameters.forcing;
  const path: Float64Array = run.best.path;
  console.log(JSON.stringify({ forcing, length: path.length }));
`;
const withoutTypes = (code: string) => code.replace(/const (\w+): \w+/g, "const $1");
const imported = "init, lorenz96, twinExperiment, anneal";

function expectResult(stdout: string): void {
  // Nothing else on stdout: a library does not print.
  const { forcing, length } = JSON.parse(stdout) as { forcing: number; length: number };
  expect(forcing).toBeGreaterThan(0);
  expect(length).toBe(5 * 21);
}

test("an ES module in Node anneals, and then ends by itself", async () => {
  const file = write(
    "use.mjs",
    `import { ${imported} } from "least-action";\n${withoutTypes(useIt)}`,
  );
  expectResult(await run(process.execPath, [file], consumer));
});

test("a CommonJS module in Node anneals, and then ends by itself", async () => {
  const code = `const { ${imported} } = require("least-action");\n(async () => {${withoutTypes(useIt)}})();`;
  expectResult(await run(process.execPath, [write("use.cjs", code)], consumer));
});

test("the slim entry takes the bytes of the .wasm file", async () => {
  const code = `
    import { readFileSync } from "node:fs";
    import { fileURLToPath } from "node:url";
    import { ${imported} } from "least-action/slim";
    const bytes = readFileSync(fileURLToPath(import.meta.resolve("least-action/least_action.wasm")));
    ${withoutTypes(useIt).replace("init()", "init(bytes)")}`;
  expectResult(await run(process.execPath, [write("slim.mjs", code)], consumer));
});

// skipLibCheck is off, and no @types/node: the declarations must stand alone.
test.each([
  ["node16, ES module", "node16", "node16", "use.mts"],
  ["node16, CommonJS", "node16", "node16", "use.cts"],
  ["bundler", "esnext", "bundler", "use.mts"],
])("the types hold with module resolution %s", async (name, module, moduleResolution, file) => {
  const here = `types/${name.replace(/\W+/g, "-")}`;
  const slim = `import { init as slim } from "least-action/slim";\nexport const both = [init, slim];\n`;
  write(
    `${here}/${file}`,
    `import { ${imported} } from "least-action";\n${slim}export async function use() {${useIt}}\n`,
  );
  const compilerOptions = {
    module,
    moduleResolution,
    target: "es2022",
    lib: ["es2022", "dom"],
    types: [],
    strict: true,
    noEmit: true,
    skipLibCheck: false,
  };
  const project = write(
    `${here}/tsconfig.json`,
    JSON.stringify({ compilerOptions, files: [file] }),
  );
  await run(
    process.execPath,
    [program("typescript", "bin", "tsc"), "--project", project],
    consumer,
  );
});

test("publint finds nothing to complain of", async () => {
  const pkgDir = join(consumer, "node_modules", "least-action");
  const { messages, pkg } = await publint({ pkgDir, pack: false, strict: true });
  expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
});

test("every entry's types are those of the file that is loaded", async () => {
  const attw = program("@arethetypeswrong", "cli", "dist", "index.js");
  // Node 10 knew no exports maps; Node 20 is the oldest that we support. The exit code says whether
  // there are problems.
  const args = [
    project.tarball,
    "--profile",
    "node16",
    "--exclude-entrypoints",
    "./least_action.wasm",
    "--format",
    "ascii",
  ];
  await run(process.execPath, [attw, ...args], repository);
});
