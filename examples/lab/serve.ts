/**
 * npm run lab: builds the lab, says how large it is, and serves it on this machine.
 *
 * npm run lab -- --build        only builds it, into examples/output/lab: static files for any host
 * npm run lab -- --development  serves it by Vite, and anew after every change
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, createServer, preview } from "vite";

const configFile = fileURLToPath(new URL("vite.config.ts", import.meta.url));
const output = fileURLToPath(new URL("../output/lab", import.meta.url));

function sizes(folder: string): { name: string; bytes: number; zipped: number }[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => ({
      name,
      bytes: statSync(join(folder, name)).size,
      zipped: gzipSync(readFileSync(join(folder, name))).length,
    }));
}

const kB = (bytes: number): string => `${(bytes / 1000).toFixed(0)} kB`.padStart(8);

const options = process.argv.slice(2);
const unknown = options.find((one) => !["--build", "--development"].includes(one));
if (unknown !== undefined) {
  console.error(`unknown option ${unknown}; known are --build and --development`);
  process.exit(2);
}
if (options.includes("--development")) {
  const server = await createServer({ configFile });
  await server.listen();
  server.printUrls();
} else {
  await build({ configFile, logLevel: "warn" });
  const all = sizes(output);
  for (const { name, bytes, zipped } of all)
    console.log(`${kB(bytes)}, zipped ${kB(zipped)}  ${name}`);
  const sum = (pick: "bytes" | "zipped"): number =>
    all.reduce((total, one) => total + one[pick], 0);
  console.log(`${kB(sum("bytes"))}, zipped ${kB(sum("zipped"))}  in all, in examples/output/lab`);
  if (!options.includes("--build")) {
    const server = await preview({
      configFile,
      preview: { open: process.stdout.isTTY && process.env.CI === undefined },
    });
    console.log("\nThe lab is open at:");
    server.printUrls();
  }
}
