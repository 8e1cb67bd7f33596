// An empty project with the packed package installed, as other people get it.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const repository = join(dirname(fileURLToPath(import.meta.url)), "..");
export const program = (...path: string[]) => join(repository, "node_modules", ...path);

export interface Consumer {
  folder: string;
  tarball: string;
  /** Writes a file of the project, and returns its path. */
  write(name: string, text: string): string;
  remove(): void;
}

export async function run(command: string, args: string[], cwd: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, args, { cwd, maxBuffer: 1 << 26 });
    return stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(" ")}\n${stdout}\n${stderr}`, { cause: error });
  }
}

export async function makeConsumer(): Promise<Consumer> {
  // The build runs here and not in npm pack's own `prepare`, whose output would mix with the name
  // of the tarball.
  await run(process.execPath, [join(repository, "sdk", "build", "prepare.mjs")], repository);
  const outer = mkdtempSync(join(tmpdir(), "least-action-packed-"));
  await run("npm", ["pack", "--ignore-scripts", "--pack-destination", outer], repository);
  const tarball = join(outer, readdirSync(outer).find((name) => name.endsWith(".tgz")) as string);
  const folder = join(outer, "consumer");
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  write("package.json", JSON.stringify({ name: "consumer", private: true, version: "1.0.0" }));
  await run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", tarball], folder);
  return { folder, tarball, write, remove: () => rmSync(outer, { recursive: true }) };
}
