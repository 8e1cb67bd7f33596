// A lock file that holds the owner's process id, so that two builds at once (an editor's and a
// terminal's, or two clones that share a toolchain folder) take turns, and one that was killed does
// not block the next for ever.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { say } from "./report.mjs";

// Process ids are reused; the kernel's start time tells a reused one from the owner. Empty where
// there is no /proc.
function startTime(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return "";
  }
}

function isAlive(pid, started) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== "EPERM") return false;
  }
  return startTime(pid) === started;
}

// Written in full elsewhere and then linked: nobody ever reads a lock that has no owner in it yet.
function tryCreate(path) {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, `${process.pid} ${startTime(process.pid)}\n`);
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

// Renamed before it is deleted: of two processes that both find it stale, one rename fails. A third
// may have locked in between, so what was moved is looked at again and put back if its owner lives.
function removeStale(path) {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const [pid, started = ""] = readFileSync(aside, "utf8").trim().split(" ");
  if (isAlive(Number(pid), started)) linkSync(aside, path);
  rmSync(aside, { force: true });
}

export async function withLock(path, what, work) {
  mkdirSync(dirname(path), { recursive: true });
  let told = false;
  while (!tryCreate(path)) {
    let owner;
    try {
      owner = readFileSync(path, "utf8").trim().split(" ");
    } catch {
      continue; // released between the two calls
    }
    if (!isAlive(Number(owner[0]), owner[1] ?? "")) {
      removeStale(path);
      continue;
    }
    if (!told) say(`${what} — waiting for process ${owner[0]}, which is at it`);
    told = true;
    await sleep(300);
  }
  const release = () => rmSync(path, { force: true });
  const interrupted = (signal) => {
    release();
    process.exit(signal === "SIGINT" ? 130 : 143);
  };
  process.on("exit", release);
  process.on("SIGINT", interrupted);
  process.on("SIGTERM", interrupted);
  try {
    return await work();
  } finally {
    process.off("exit", release);
    process.off("SIGINT", interrupted);
    process.off("SIGTERM", interrupted);
    release();
  }
}
