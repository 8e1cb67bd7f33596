// Child processes whose output is kept, and shown only when they fail.
import { spawn } from "node:child_process";
import { BuildError, noteOutput } from "./report.mjs";

/**
 * Runs a program and returns its stdout. `allowFailure` returns null instead of throwing; `timeout`
 * (ms) counts as a failure, so that a network which swallows packets cannot stall the build.
 * `detached` gives the program a process group of its own: who stops us with Ctrl-C does not stop
 * it in the middle.
 */
export function run(
  program,
  args,
  { cwd, env = process.env, allowFailure = false, detached = false, timeout } = {},
) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env,
      detached,
      timeout,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let everything = "";
    child.stdout.on("data", (data) => {
      stdout += data;
      everything += data;
      noteOutput(String(data));
    });
    child.stderr.on("data", (data) => {
      everything += data;
      noteOutput(String(data));
    });
    const fail = (reason) => {
      if (allowFailure) return resolve(null);
      const tail = everything.trimEnd().split("\n").slice(-60).join("\n");
      reject(new BuildError(`${tail}\n\n${program} ${args.join(" ")}\n${reason}`));
    };
    child.on("error", (error) => fail(error.message));
    child.on("close", (code, signal) => {
      if (code === 0) resolve(stdout);
      else fail(signal ? `stopped by ${signal}` : `exit code ${code}`);
    });
  });
}
