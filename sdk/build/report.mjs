// Prints one line for every step: the step, its reason, and its time. On stderr, because `npm pack
// --json` runs these scripts and owns stdout.

// Milliseconds after which a step that is still running gets a first line.
const announceAfter = 1_000;
// Milliseconds between the lines after that, so that nobody takes a quiet terminal for a hang.
const heartbeatEvery = 30_000;

// Steps may run at the same time: the last line is that of the step which printed last.
let latestOutput = "";
export function noteOutput(text) {
  const lines = text.split(/[\r\n]+/).filter((line) => line.trim() !== "");
  if (lines.length > 0) latestOutput = lines[lines.length - 1].trim().slice(0, 100);
}

export function say(text) {
  process.stderr.write(`[build] ${text}\n`);
}

function seconds(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}

/** Runs `work` as a step. If it returns a string, that is printed as the outcome. */
export async function step(what, why, work) {
  const start = performance.now();
  latestOutput = "";
  const announce = setTimeout(() => say(`${what} — ${why} ...`), announceAfter);
  const heartbeat = setInterval(() => {
    say(`    ${seconds(start)}${latestOutput ? `: ${latestOutput}` : ""}`);
  }, heartbeatEvery);
  try {
    const outcome = await work();
    say(
      `${what} — ${typeof outcome === "string" && outcome !== "" ? outcome : why} — ` +
        `${seconds(start)}`,
    );
    return outcome;
  } catch (error) {
    say(`${what} — failed — ${seconds(start)}`);
    throw error;
  } finally {
    clearTimeout(announce);
    clearInterval(heartbeat);
  }
}

/** An error that a person can act on: printed without a stack trace. */
export class BuildError extends Error {}

/** Outermost frame of every script here: prints errors and sets the exit status. */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    process.stderr.write(`\n${error instanceof BuildError ? error.message : error.stack}\n`);
    process.exit(1);
  }
}
