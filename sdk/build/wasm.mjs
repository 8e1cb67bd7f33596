// sdk/generated: the core as WebAssembly, the JavaScript that binds it, and the types. Built when
// it is missing or was made from other sources. Run by itself: node sdk/build/wasm.mjs
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { filesBelow, hashOf, readStamp, removeLeftovers } from "./outputs.mjs";
import { withLock } from "./lock.mjs";
import { generated, repository, toolchain, wasmCrate } from "./paths.mjs";
import { BuildError, main, say, step } from "./report.mjs";
import { run } from "./run.mjs";
import { withPath } from "./rust.mjs";
import { wasmEnvironment } from "./wasm-target.mjs";
import { findOrGetTools } from "./cargo-tools.mjs";
import { writeGlue } from "./glue.mjs";

const name = "least_action_wasm";
// 128-bit SIMD: every browser since 2023 and every Node that we support. Not relaxed-simd, whose
// results may differ from machine to machine.
const rustFlags = "-C target-feature=+simd128";
// The features that rustc's output uses; wasm-opt refuses instructions that it was not told of. It
// is never given --fast-math: WebAssembly must give the same bits as the native program.
const wasmOptArguments = [
  "-O3",
  "--enable-simd",
  "--enable-bulk-memory",
  "--enable-nontrapping-float-to-int",
  "--enable-sign-ext",
  "--enable-mutable-globals",
  "--enable-reference-types",
  "--enable-multivalue",
];
const outputs = [
  `${name}.d.ts`,
  `${name}_bg.wasm`,
  "glue.js",
  "glue.d.ts",
  "wasm-bytes.js",
  "wasm-bytes.d.ts",
  "types.ts",
  "public-types.ts",
];

// A developer who adds a dependency gets a new Cargo.lock; CI uses the one that was committed.
const locked = process.env.CI ? ["--locked"] : [];

export const wasmStamp = join(generated, "stamp");

// Tests and benchmarks of the crates do not end up in the module.
const isTest = (folder) => /[\\/]crates[\\/][^\\/]+[\\/](tests|benches)$/.test(folder);

function sourcesHash() {
  const scripts = filesBelow(join(repository, "sdk", "build")).filter((file) =>
    file.endsWith(".mjs"),
  );
  const sources = [
    join(repository, "Cargo.toml"),
    join(repository, "Cargo.lock"),
    join(repository, "crates"),
    ...scripts,
  ];
  return hashOf(sources, { facts: [rustFlags, ...wasmOptArguments], skip: isTest });
}

function isCurrent(hash) {
  return (
    readStamp(wasmStamp) === hash && outputs.every((file) => existsSync(join(generated, file)))
  );
}

// RUSTFLAGS would replace the target's own flags, and setting it ourselves would also reach native
// builds.
function compilerEnvironment(env) {
  const { RUSTFLAGS: _flags, CARGO_ENCODED_RUSTFLAGS: _encoded, ...rest } = env;
  return { ...rest, CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: rustFlags };
}

function wasmOpt() {
  const require = createRequire(import.meta.url);
  const manifest = require.resolve("binaryen/package.json");
  const { bin } = JSON.parse(readFileSync(manifest, "utf8"));
  return join(manifest, "..", bin["wasm-opt"]);
}

async function compile(env, fresh) {
  await step("WebAssembly module", "compiling the core with wasm-pack", async () => {
    await run(
      "wasm-pack",
      // `--no-pack` and `--no-opt`: the package is ours, and so is the choice of wasm-opt.
      [
        "build",
        wasmCrate,
        "--release",
        "--target",
        "web",
        "--no-pack",
        "--no-opt",
        "--mode",
        "no-install",
      ].concat(["--out-dir", fresh, "--out-name", name, "--", ...locked]),
      { cwd: repository, env: compilerEnvironment(env) },
    );
  });
}

async function optimise(fresh) {
  const wasm = join(fresh, `${name}_bg.wasm`);
  const before = readFileSync(wasm).length;
  await step("wasm-opt", "smaller and faster code", async () => {
    await run(process.execPath, [wasmOpt(), wasm, "-o", wasm, ...wasmOptArguments]);
    const kib = (bytes) => `${Math.round(bytes / 1024)} KiB`;
    return `${kib(before)} to ${kib(readFileSync(wasm).length)}`;
  });
}

async function makeModule(env, fresh) {
  await compile(env, fresh);
  await optimise(fresh);
  await step("Glue", "instances that can be made again after a panic", () =>
    writeGlue(fresh, name),
  );
}

/** The declarations that users see, exported by name: a star would export the others too. */
function publicTypes(text) {
  const marked = text.matchAll(/^\/\/ Public\.\n(?:\/\*\*.*?\*\/\n?)?export type (\w+)/gms);
  const names = Array.from(marked, ([, name]) => `  ${name},\n`);
  return `// Generated from the Rust types. Do not edit.\nexport type {\n${names.join("")}} from "./types.js";\n`;
}

async function writeTypes(env, fresh) {
  const tool = [
    "--package",
    "least-action-tools",
    "--features",
    "typescript",
    "--bin",
    "typescript-types",
  ];
  await step("types.ts", "TypeScript declarations from the Rust types", async () => {
    const text = await run("cargo", ["run", ...tool, ...locked], {
      cwd: repository,
      // It prints a text once: compiling it is all the time it takes.
      env: { ...env, CARGO_PROFILE_DEV_OPT_LEVEL: "0", CARGO_PROFILE_DEV_DEBUG: "false" },
    });
    writeFileSync(join(fresh, "types.ts"), text);
    writeFileSync(join(fresh, "public-types.ts"), publicTypes(text));
  });
}

/** Builds the WebAssembly where needed. Resolves to true if anything had to be built. */
export async function buildWasm() {
  if (!existsSync(join(wasmCrate, "Cargo.toml")))
    throw new BuildError("crates/least-action-wasm is missing: is this a whole clone?");
  if (isCurrent(sourcesHash())) return false;
  mkdirSync(toolchain, { recursive: true });
  return withLock(join(toolchain, "lock"), "WebAssembly module", async () => {
    const hash = sourcesHash();
    if (isCurrent(hash)) return false; // another process built it while this one waited
    const rust = await wasmEnvironment();
    const env = withPath(rust.env, ...(await findOrGetTools(rust)));
    mkdirSync(join(generated, ".."), { recursive: true });
    removeLeftovers(generated);
    const fresh = mkdtempSync(`${generated}-`);
    try {
      // Both run at the same time, as the last half of the module's build is work for one
      // processor. Types are made with the installed compiler: the other one has no native target
      // set up.
      const parts = await Promise.allSettled([
        makeModule(env, fresh),
        writeTypes(rust.native, fresh),
      ]);
      const failed = parts.find(({ status }) => status === "rejected");
      if (failed !== undefined) throw failed.reason;
      writeFileSync(join(fresh, "stamp"), `${hash}\n`);
      chmodSync(fresh, 0o755); // temporary folders are made private
      rmSync(generated, { recursive: true, force: true });
      renameSync(fresh, generated);
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
    return true;
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(async () => {
    if (!(await buildWasm())) say("WebAssembly module — up to date");
  });
}
