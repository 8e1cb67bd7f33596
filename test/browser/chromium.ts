// A real Chromium: found, or installed from Debian's packages where that is possible.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type BrowserContext, chromium } from "playwright-core";
import { withLock } from "../../sdk/build/lock.mjs";
import { run } from "../../sdk/build/run.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

function found(): string | undefined {
  const given = process.env.LEAST_ACTION_CHROMIUM;
  if (given !== undefined) return given;
  const folders = (process.env.PATH ?? "").split(delimiter);
  return [...folders.flatMap((folder) => NAMES.map((name) => join(folder, name))), MAC].find(
    (file) => existsSync(file),
  );
}

function installs(): boolean {
  const isRoot = process.getuid?.() === 0;
  if (process.platform !== "linux" || !isRoot) return false;
  try {
    execFileSync("apt-get", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/**
 * Path of Chromium, which is installed if it is missing. Undefined, with a message, where that is
 * impossible.
 */
export async function findChromium(): Promise<string | undefined> {
  const there = found();
  if (there !== undefined) return there;
  if (!installs()) {
    const remedy =
      "install it (Debian: apt-get install chromium), or give its place in LEAST_ACTION_CHROMIUM";
    console.error(`[test] no Chromium found; ${remedy}`);
    return undefined;
  }
  // Files of tests run beside each other, and apt-get runs once at a time.
  return withLock(
    join(tmpdir(), "least-action-chromium-lock"),
    "chromium",
    async () => found() ?? (await install()),
  );
}

async function install(): Promise<string | undefined> {
  console.error("[test] chromium — browser tests need it; installing Debian's package ...");
  const options = { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" }, detached: true };
  await run("apt-get", ["update"], options);
  // An installation that was cut off before (a machine switched off) makes apt-get refuse every
  // later one. What lacks a package that was still to come fails here, and is configured with it
  // below.
  await run("dpkg", ["--configure", "-a"], { ...options, allowFailure: true });
  await run("apt-get", ["install", "-y", "--no-install-recommends", "chromium"], options);
  return found();
}

/**
 * Another name of this machine. Pages from there have no locks and no clipboard, as browsers trust
 * only 127.0.0.1 without https.
 */
export const PLAIN_HOST = "plain.test";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"].concat([
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  `--host-resolver-rules=MAP ${PLAIN_HOST} 127.0.0.1`,
]);

export interface Browser {
  context: BrowserContext;
  close(): Promise<void>;
}

/** Opens a browser with a new, empty profile. */
export async function openBrowser(
  options: { width?: number; height?: number; dark?: boolean } = {},
): Promise<Browser> {
  const executablePath = await findChromium();
  if (executablePath === undefined) throw new Error("no Chromium: see the message above");
  const profile = mkdtempSync(join(tmpdir(), "least-action-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: FLAGS,
    viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
    colorScheme: options.dark === true ? "dark" : "light",
    acceptDownloads: true,
  });
  return {
    context,
    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}
