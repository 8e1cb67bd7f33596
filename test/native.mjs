// The crates as they are tested natively.
import { execFileSync } from "node:child_process";
import { repository } from "../sdk/build/paths.mjs";

// All features but the declarations of types: these have no tests and take long to compile.
export const TESTED = ["--workspace", "--features", "least-action/rayon"];

/**
 * Compiles a program of `crates/tools`, unless that has been done before, and returns where it is.
 */
export function toolOf(name) {
  const args = ["build", "--quiet", ...TESTED, "--bin", name, "--message-format=json"];
  const output = execFileSync("cargo", args, {
    cwd: repository,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  const messages = output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return messages.find(({ target, executable }) => target?.name === name && executable).executable;
}
