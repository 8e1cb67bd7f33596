// Folders of the project. All other build scripts take them from here.
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { homedir } from "node:os";

export const repository = resolve(dirname(fileURLToPath(import.meta.url)), "..", "..");
export const generated = join(repository, "sdk", "generated");
export const dist = join(repository, "dist");
export const wasmCrate = join(repository, "crates", "least-action-wasm");

// Folder for tools and toolchains that take minutes to get. Several clones can share one folder:
//   export LEAST_ACTION_TOOLCHAIN=$HOME/.cache/least-action
export const toolchain = resolve(
  process.env.LEAST_ACTION_TOOLCHAIN || join(repository, ".toolchain"),
);

// rustup puts cargo here; a shell opened before rustup was installed does not have it on its PATH.
export const cargoBin = join(process.env.CARGO_HOME || join(homedir(), ".cargo"), "bin");
