// Debian packages a Rust compiler whose sources include the standard library. Unpacked (not
// installed) into a private folder it can build that library for WebAssembly, which is what is
// missing where rustup cannot fetch the target. Nothing outside the folder changes and, when the
// package lists are there, no root is needed.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { removeLeftovers } from "./outputs.mjs";
import { toolchain } from "./paths.mjs";
import { step } from "./report.mjs";
import { run } from "./run.mjs";
import { targetLibraries, wasmTarget, withPath } from "./rust.mjs";

const roots = ["rustc-web", "rust-web-src"];
// Dependencies of the roots that a private copy needs. The C library and compiler are the machine's
// own.
const wanted = /^(libstd-rust-web-.*|libllvm\d+)$/;

async function dependencies(name) {
  const text =
    (await run("apt-cache", ["depends", "--important", name], { allowFailure: true })) ?? "";
  return [...text.matchAll(/^\s*Depends: (\S+)$/gm)].map((match) => match[1]);
}

// The names carry the compiler's and LLVM's versions, so they are looked up and not written down
// here.
async function packageNames() {
  const found = new Set();
  const queue = [...roots];
  while (queue.length > 0) {
    const name = queue.pop();
    if (found.has(name)) continue;
    found.add(name);
    queue.push(...(await dependencies(name)).filter((other) => wanted.test(other)));
  }
  return [...found];
}

async function download(folder) {
  const attempt = async () => {
    const names = await packageNames();
    if (names.length <= roots.length) return false; // no lists, so no dependencies known
    return (
      (await run("apt-get", ["download", ...names], { cwd: folder, allowFailure: true })) !== null
    );
  };
  if (await attempt()) return true;
  // Lists that are missing or name versions which are gone; only root can renew them.
  if (process.getuid?.() !== 0) return false;
  await run("apt-get", ["update"], { allowFailure: true });
  return attempt();
}

// rustc finds its own libraries through LD_LIBRARY_PATH; set in a wrapper so that it reaches no
// other program. wasm-pack asks the `rustc` on its PATH for the sysroot, cargo asks $RUSTC: both
// get this one.
function writeWrapper(folder) {
  mkdirSync(join(folder, "bin"), { recursive: true });
  const multiarch = readdirSync(join(folder, "usr", "lib")).find((name) =>
    name.endsWith("-linux-gnu"),
  );
  const wrapper = join(folder, "bin", "rustc");
  const home = `"$(dirname "$(dirname "$(readlink -f "$0")")")"`;
  writeFileSync(
    wrapper,
    `#!/bin/sh\nhome=${home}\nLD_LIBRARY_PATH="$home/usr/lib/${multiarch}" exec ` +
      `"$home/usr/bin/rustc" --sysroot "$home/usr" "$@"\n`,
  );
  chmodSync(wrapper, 0o755);
}

function environment(rust, prefix) {
  const linker = join(rust.sysroot, "lib", "rustlib", rust.host, "bin", "rust-lld");
  return {
    ...withPath(rust.env, join(prefix, "bin")),
    RUSTC: join(prefix, "bin", "rustc"),
    // Debian's own linker is another 30 packages; the installed toolchain's does as well.
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: linker,
  };
}

// cargo compiles the standard library as a side effect of compiling an empty crate.
async function buildStandardLibrary(rust, prefix) {
  const crate = join(prefix, "empty");
  mkdirSync(join(crate, "src"), { recursive: true });
  writeFileSync(
    join(crate, "Cargo.toml"),
    '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n',
  );
  writeFileSync(join(crate, "src", "lib.rs"), "");
  const target = join(crate, "target");
  await run(
    "cargo",
    ["build", "--release", "--target", wasmTarget, "-Zbuild-std=std,panic_abort"],
    {
      cwd: crate,
      // -Z options and the standard library's own unstable features, on a stable compiler
      env: {
        ...environment(rust, prefix),
        RUSTC_BOOTSTRAP: "1",
        CARGO_TARGET_DIR: target,
        RUSTFLAGS: "",
      },
    },
  );
  const built = join(target, wasmTarget, "release", "deps");
  const libraries = targetLibraries(join(prefix, "usr"));
  mkdirSync(libraries, { recursive: true });
  for (const name of readdirSync(built)) {
    if (name.endsWith(".rlib") && !name.startsWith("libempty-"))
      copyFileSync(join(built, name), join(libraries, name));
  }
  rmSync(crate, { recursive: true });
  // The sources have served, and are half of the folder's size.
  rmSync(join(prefix, "usr", "src"), { recursive: true });
}

/** The environment that uses Debian's compiler, or null with the reason added to `problems`. */
export async function debianToolchain(rust, problems) {
  const prefix = join(toolchain, "debian-rust");
  if (existsSync(prefix)) return environment(rust, prefix);
  if ((await run("apt-get", ["--version"], { allowFailure: true })) === null) {
    problems.push("this is not a Debian machine");
    return null;
  }
  mkdirSync(toolchain, { recursive: true });
  removeLeftovers(prefix); // the caller's lock keeps others out
  const fresh = mkdtempSync(join(toolchain, "debian-rust-"));
  const packages = join(fresh, "packages");
  mkdirSync(packages);

  const downloaded = await step(
    "Debian's Rust compiler",
    "rustup has no wasm target here; downloading packages",
    async () => ((await download(packages)) ? "packages downloaded" : undefined),
  );
  if (!downloaded) {
    problems.push("could not be downloaded (as root, run  apt-get update  and try again)");
    return null;
  }
  await step("Debian's Rust compiler", `unpacking it into a private folder`, async () => {
    for (const name of readdirSync(packages))
      await run("dpkg-deb", ["--extract", join(packages, name), fresh]);
    rmSync(packages, { recursive: true });
    writeWrapper(fresh);
  });
  await step("Standard library for WebAssembly", "Debian ships its source only; compiling it", () =>
    buildStandardLibrary(rust, fresh),
  );
  renameSync(fresh, prefix);
  return environment(rust, prefix);
}
