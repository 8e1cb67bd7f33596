// Gets wasm-pack and the wasm-bindgen program. Tried in this order: the right version on PATH, the
// toolchain folder, a prebuilt release, compilation by cargo.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { repository, toolchain } from "./paths.mjs";
import { BuildError, step } from "./report.mjs";
import { run } from "./run.mjs";

const releases = "https://github.com/wasm-bindgen";

// wasm-bindgen's program and library must be of the same version, so the lock file is asked.
function lockedVersion(crate) {
  const lock = readFileSync(join(repository, "Cargo.lock"), "utf8");
  const match = new RegExp(`name = "${crate}"\\nversion = "([^"]+)"`).exec(lock);
  if (!match) throw new BuildError(`Cargo.lock has no ${crate}: run  cargo generate-lockfile`);
  return match[1];
}

export function neededTools() {
  const bindgen = lockedVersion("wasm-bindgen");
  const pack = "0.15.1";
  return [
    {
      program: "wasm-bindgen",
      crate: "wasm-bindgen-cli",
      version: bindgen,
      why: "writes the JavaScript side of the bindings",
      release: (triple) =>
        `wasm-bindgen/releases/download/${bindgen}/wasm-bindgen-${bindgen}-${triple}.tar.gz`,
      // Without TLS, which only the test runner would use: its C code takes as long to compile as
      // everything else.
      features: ["--no-default-features"],
    },
    {
      program: "wasm-pack",
      crate: "wasm-pack",
      version: pack,
      why: "compiles the core to WebAssembly",
      release: (triple) =>
        `wasm-pack/releases/download/v${pack}/wasm-pack-v${pack}-${triple}.tar.gz`,
      features: [],
    },
  ];
}

// Linux releases are static, so they run with any C library.
function releaseTriple(host) {
  if (host.startsWith("x86_64") && host.includes("linux")) return "x86_64-unknown-linux-musl";
  if (host.startsWith("aarch64") && host.includes("linux")) return "aarch64-unknown-linux-musl";
  if (host.includes("apple") || host === "x86_64-pc-windows-msvc") return host;
  return null;
}

async function hasVersion(program, tool, env) {
  const text = await run(program, ["--version"], { env, allowFailure: true });
  return text !== null && text.trim().split(/\s+/)[1] === tool.version;
}

function fileNamed(folder, names) {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile() && names.includes(entry.name))
      return join(entry.parentPath ?? entry.path, entry.name);
  }
  return null;
}

// Short limits: where the release server cannot be reached, compiling should start soon.
async function downloadRelease(tool, host, env, folder) {
  const triple = releaseTriple(host);
  if (!triple) return false;
  try {
    const connect = AbortSignal.timeout(10_000);
    const head = await fetch(`${releases}/${tool.release(triple)}`, {
      method: "HEAD",
      signal: connect,
    });
    if (!head.ok) return false;
    const response = await fetch(head.url, { signal: AbortSignal.timeout(120_000) });
    if (!response.ok) return false;
    const archive = join(folder, "release.tar.gz");
    writeFileSync(archive, Buffer.from(await response.arrayBuffer()));
    await run("tar", ["-xzf", "release.tar.gz"], { cwd: folder });
    rmSync(archive);
  } catch {
    return false;
  }
  const program = fileNamed(folder, [tool.program, `${tool.program}.exe`]);
  if (!program || !(await hasVersion(program, tool, env))) return false;
  mkdirSync(join(folder, "bin"), { recursive: true });
  renameSync(
    program,
    join(folder, "bin", program.endsWith(".exe") ? `${tool.program}.exe` : tool.program),
  );
  return true;
}

async function compile(tool, env, folder) {
  await run(
    "cargo",
    [
      "install",
      "--locked",
      ...tool.features,
      "--root",
      folder,
      "--bin",
      tool.program,
      `${tool.crate}@${tool.version}`,
    ],
    {
      cwd: toolchain, // away from the project's own cargo settings
      env: {
        ...env,
        // Both tools share many crates, and an interrupted build goes on where it stopped.
        CARGO_TARGET_DIR: join(toolchain, "cargo-target"),
        // They run for seconds, so it is the time to compile them that counts.
        CARGO_PROFILE_RELEASE_OPT_LEVEL: "0",
        CARGO_PROFILE_RELEASE_LTO: "off",
        CARGO_PROFILE_RELEASE_CODEGEN_UNITS: "256",
        CARGO_PROFILE_RELEASE_DEBUG: "false",
        CARGO_PROFILE_RELEASE_STRIP: "true",
        RUSTFLAGS: "",
      },
    },
  );
}

/** The folders of the tools, to be put on PATH. */
export async function findOrGetTools({ env, host }) {
  const folders = [];
  for (const tool of neededTools()) {
    if (await hasVersion(tool.program, tool, env)) continue;
    const home = join(toolchain, `${tool.crate}-${tool.version}`);
    if (!existsSync(home)) {
      const fresh = mkdtempSync(join(toolchain, `fresh-${tool.program}-`));
      await step(
        `${tool.program} ${tool.version}`,
        `${tool.why}; downloading or compiling it`,
        async () => {
          const downloaded = await downloadRelease(tool, host, env, fresh);
          if (!downloaded) await compile(tool, env, fresh);
          renameSync(fresh, home);
          return (
            `${tool.why}; ` +
            `${downloaded ? "downloaded" : "compiled, as its release could not be downloaded"}`
          );
        },
      );
    }
    folders.push(join(home, "bin"));
  }
  rmSync(join(toolchain, "cargo-target"), { recursive: true, force: true });
  for (const name of readdirSync(toolchain)) {
    if (name.startsWith("fresh-")) rmSync(join(toolchain, name), { recursive: true });
  }
  return folders;
}
