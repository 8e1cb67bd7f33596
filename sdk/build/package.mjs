// Builds dist, the published package, by tsup from sdk/src and sdk/generated, when it is missing or
// was made from other sources.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { hashOf, readStamp, removeLeftovers } from "./outputs.mjs";
import { withLock } from "./lock.mjs";
import { dist, generated, repository } from "./paths.mjs";
import { step } from "./report.mjs";
import { run } from "./run.mjs";
import { wasmStamp } from "./wasm.mjs";
import { writeWorkerSource } from "./worker-source.mjs";

// Stored beside the WebAssembly's outputs, so that building those anew also makes dist stale.
const stamp = join(generated, "dist-stamp");
const entries = ["index", "index.node", "slim", "slim.node"];
const outputs = [
  ...entries.flatMap((entry) => [".js", ".cjs", ".d.ts", ".d.cts"].map((ending) => entry + ending)),
  "worker.node.js",
  "least_action.wasm",
];

function sourcesHash() {
  const sources = [
    "sdk/src",
    "sdk/build/package.mjs",
    "sdk/build/worker-source.mjs",
    "sdk/build/tsup.config.ts",
    "package.json",
    "tsconfig.json",
  ];
  return hashOf(
    sources.map((name) => join(repository, name)),
    { facts: [readStamp(wasmStamp)] },
  );
}

function isCurrent(hash) {
  return (
    readStamp(stamp) === hash &&
    outputs.every((name) => existsSync(join(dist, name))) &&
    existsSync(join(generated, "worker-source.js"))
  );
}

/** Builds the package where needed. Resolves to true if anything had to be built. */
export async function buildPackage() {
  if (isCurrent(sourcesHash())) return false;
  return withLock(join(generated, "lock"), "dist", async () => {
    const hash = sourcesHash();
    if (isCurrent(hash)) return false;
    removeLeftovers(dist);
    const fresh = mkdtempSync(`${dist}-`);
    try {
      await step(
        "worker-source.js",
        "the script of browsers' workers, bundled by esbuild",
        writeWorkerSource,
      );
      await step("dist", "ES modules, CommonJS and type declarations by tsup", async () => {
        const tsup = join(repository, "node_modules", "tsup", "dist", "cli-default.js");
        const config = join(repository, "sdk", "build", "tsup.config.ts");
        await run(process.execPath, [tsup, "--config", config, "--out-dir", fresh], {
          cwd: repository,
        });
        copyFileSync(
          join(generated, "least_action_wasm_bg.wasm"),
          join(fresh, "least_action.wasm"),
        );
      });
      chmodSync(fresh, 0o755); // temporary folders are made private
      rmSync(dist, { recursive: true, force: true });
      renameSync(fresh, dist);
      writeFileSync(stamp, `${hash}\n`);
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
    return true;
  });
}
