// What a build was made from, as one hash of file names and contents. Not times: git writes every file anew.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
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

/** `paths` are files or folders; `facts` are further inputs, such as flags and versions. */
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
