// The Rust that is on this machine.
import { delimiter, join } from "node:path";
import { run } from "./run.mjs";
import { BuildError } from "./report.mjs";
import { cargoBin } from "./paths.mjs";

export const wasmTarget = "wasm32-unknown-unknown";

const howToInstall = `Rust was not found, and this project is compiled on your machine.
Install it with rustup (https://rustup.rs), then run the same command again:

    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y

rustup's default, the stable toolchain, is the one that is needed.`;

const howToLink = `A C compiler was not found. Rust links programs with it, and a few of its
packages contain C.
Install one, then run the same command again. On Debian:

    apt-get install gcc libc6-dev`;

/** The environment with `folders` in front of PATH. */
export function withPath(env, ...folders) {
  return { ...env, PATH: [...folders, env.PATH].join(delimiter) };
}

/**
 * The machine's Rust: `env` has cargo on its PATH; `sysroot` is the active toolchain's folder and
 * `host` this machine's target triple. `--version` alone would not be enough, as rustup's stand-in
 * for rustc also exists where no toolchain is installed.
 */
export async function findRust() {
  const appended = [process.env.PATH, cargoBin].join(delimiter);
  const env = { ...process.env, PATH: appended };
  const sysroot = await run("rustc", ["--print", "sysroot"], { env, allowFailure: true });
  const version = await run("rustc", ["--version", "--verbose"], { env, allowFailure: true });
  const cargo = await run("cargo", ["--version"], { env, allowFailure: true });
  if (sysroot === null || version === null || cargo === null) throw new BuildError(howToInstall);
  const linker =
    process.platform === "win32" || (await run("cc", ["--version"], { env, allowFailure: true }));
  if (linker === null) throw new BuildError(howToLink);
  const host = /^host: (.*)$/m.exec(version)[1];
  return { env, sysroot: sysroot.trim(), host };
}

export function targetLibraries(sysroot) {
  return join(sysroot, "lib", "rustlib", wasmTarget, "lib");
}
