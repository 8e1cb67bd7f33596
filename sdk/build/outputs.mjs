// Outputs are current if one hash of the names and contents of their sources is unchanged. Times of
// files do not serve, as git writes every file anew.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { repository } from "./paths.mjs";

const skippedFolders = new Set(["target", "node_modules"]);

export function filesBelow(path, skip = () => false) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const full = join(path, entry.name);
      if (entry.isDirectory() && (skippedFolders.has(entry.name) || skip(full))) return [];
      return filesBelow(full, skip);
    });
}

/**
 * Hash of files or folders (`paths`) and of further inputs (`facts`), such as flags and versions.
 */
export function hashOf(paths, { facts = [], skip } = {}) {
  const hash = createHash("sha256");
  for (const file of paths.flatMap((path) => filesBelow(path, skip))) {
    const content = readFileSync(file);
    hash.update(`${relative(repository, file)}\0${content.length}\0`).update(content);
  }
  for (const fact of facts) hash.update(`${fact}\0`);
  return hash.digest("hex");
}

export function readStamp(path) {
  return existsSync(path) ? readFileSync(path, "utf8").trim() : "";
}

/**
 * Removes what killed builds have left. Outputs are built beside their place, as
 * `<output>-<random>`, and then renamed.
 */
export function removeLeftovers(output) {
  for (const name of readdirSync(dirname(output))) {
    if (name.startsWith(`${basename(output)}-`))
      rmSync(join(dirname(output), name), { recursive: true });
  }
}
