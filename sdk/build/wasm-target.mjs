// A Rust that can compile to WebAssembly: the installed one, the installed one after
// `rustup target add`, or Debian's packages in a private folder.
import { existsSync, readdirSync } from "node:fs";
import { BuildError, step } from "./report.mjs";
import { run } from "./run.mjs";
import { findRust, targetLibraries, wasmTarget } from "./rust.mjs";
import { debianToolchain } from "./debian-toolchain.mjs";

// Set to `debian` or `rustup`, this variable skips the earlier ways. It is the only means to test
// the later ones on a machine that has the first.
const forced = process.env.LEAST_ACTION_WASM_TARGET;

// A folder alone proves nothing: an interrupted installation leaves one.
function hasTarget(sysroot) {
  const libraries = targetLibraries(sysroot);
  if (!existsSync(libraries)) return false;
  const names = readdirSync(libraries);
  return ["core", "std"].every((crate) =>
    names.some((name) => name.startsWith(`lib${crate}-`) && name.endsWith(".rlib")),
  );
}

/**
 * Environments of cargo: `env` for `cargo build --target wasm32-unknown-unknown`, `native` for a
 * build for this machine.
 */
export async function wasmEnvironment() {
  const rust = await findRust();
  const found = (env) => ({ env, native: rust.env, host: rust.host });
  if (!forced && hasTarget(rust.sysroot)) return found(rust.env);

  if (forced !== "debian") {
    const added = await step(
      `${wasmTarget} target`,
      "Rust needs its standard library for it; asking rustup",
      async () => {
        const fiveMinutes = 300_000;
        const answer = await run("rustup", ["target", "add", wasmTarget], {
          env: rust.env,
          allowFailure: true,
          timeout: fiveMinutes,
        });
        return answer !== null && hasTarget(rust.sysroot)
          ? "added by rustup"
          : "rustup could not add it";
      },
    );
    if (added === "added by rustup") return found(rust.env);
  }

  const problems = [];
  const env = await debianToolchain(rust, problems);
  if (env) return found(env);
  throw new BuildError(
    `The Rust target ${wasmTarget} is missing, and no way to get it worked.\n` +
      `Tried: rustup target add ${wasmTarget}; Debian's packages: ${problems.join("; ")}.\n` +
      `With a network that reaches rustup's server, run  rustup target add ${wasmTarget}  ` +
      "and try again.",
  );
}
