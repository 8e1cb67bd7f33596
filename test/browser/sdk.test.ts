// Tests of the package in a real browser, served by common tools: the same bits as in Node, and
// work in workers that can be cancelled and may die.
import { join } from "node:path";
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { build, createServer } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as sdk from "../../sdk/src/index.node.js";
import { type Consumer, makeConsumer, repository } from "../consumer.js";
import { type Browser, openBrowser, PLAIN_HOST } from "./chromium.js";
import { complaintsOf } from "./complaints.js";
import { type lorenzTwin, type Numbers, solveAll } from "./problems.js";
import { serveFolder } from "./static-server.js";

type Sdk = typeof sdk;

/** Variables of the page. */
interface PageWindow {
  sdk: Sdk;
  slim: typeof import("../../sdk/src/slim.js");
  wasmUrl: string;
  lorenzTwin: typeof lorenzTwin;
  solveAll: (sdk: Sdk, workers: "auto" | number) => Promise<Numbers>;
  /** Workers made so far. */
  made: Worker[];
  /** Script that workers run in place of their own, if given. */
  script: string | undefined;
}

const MAIN = `
import * as sdk from "least-action";
import * as slim from "least-action/slim";
import wasmUrl from "least-action/least_action.wasm?url";
import { lorenzTwin, solveAll } from "./problems";
const made = [];
const { Worker } = window;
window.Worker = class extends Worker {
  constructor(url, options) {
    const { script } = window;
    super(script === undefined ? url : URL.createObjectURL(new Blob([script])), options);
    made.push(this);
  }
};
Object.assign(window, { sdk, slim, wasmUrl, lorenzTwin, solveAll, made });
document.title = "ready";
`;

let consumer: Consumer;
let browser: Browser;
let expected: Numbers;

beforeAll(async () => {
  [consumer, browser] = await Promise.all([makeConsumer(), openBrowser()]);
  consumer.write(
    "index.html",
    '<!doctype html><link rel="icon" href="data:," /><title></title>' +
      '<script type="module" src="./main.js"></script>',
  );
  consumer.write("main.js", MAIN);
  consumer.write("problems.ts", readFileSync(join(repository, "test/browser/problems.ts"), "utf8"));
  expected = await solveAll(sdk as never, 0);
}, 300_000);

afterAll(async () => {
  await browser?.close();
  consumer?.remove();
});

/** Two ways in which a page gets its scripts: a development server and a bundler. */
const WAYS = {
  async "Vite's development server"() {
    const server = await createServer({
      root: consumer.folder,
      configFile: false,
      logLevel: "error",
    });
    await server.listen(0);
    return { url: server.resolvedUrls?.local[0] as string, close: () => server.close() };
  },
  async "Vite's build below a path of a plain server"() {
    await build({ root: consumer.folder, configFile: false, logLevel: "error", base: "./" });
    return serveFolder(join(consumer.folder, "dist"), "/some/where/");
  },
};

describe.each(Object.keys(WAYS) as (keyof typeof WAYS)[])("%s", (way) => {
  let served: { url: string; close(): Promise<void> };
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    served = await WAYS[way]();
    page = await browser.context.newPage();
    complaints = complaintsOf(page, served.url);
    await page.goto(served.url);
    // The development server may reload the page once, when it has found the packages that it
    // bundles.
    await page.waitForFunction(() => document.title === "ready", undefined, { timeout: 60_000 });
  }, 300_000);

  afterAll(async () => {
    await page?.close();
    await served?.close();
  });

  const inPage = <R>(what: (window: PageWindow) => Promise<R>): Promise<R> =>
    page.evaluate(`(${what.toString()})(window)`) as Promise<R>;

  test("gives the same bits as Node, in workers and without", async () => {
    const here = await inPage(({ sdk, solveAll }) => solveAll(sdk, 0));
    const [made] = [await inPage(async ({ made }) => made.length)];
    expect(made).toBe(0);
    expect(here).toEqual(expected);
    const threaded = await inPage(({ sdk, solveAll }) => solveAll(sdk, 3));
    expect(await inPage(async ({ made }) => made.length)).toBeGreaterThan(3);
    expect(threaded).toEqual(expected);
  });

  test("the slim entry compiles the file by its address", async () => {
    const forcing = await inPage(async ({ slim, wasmUrl, lorenzTwin }) => {
      await slim.init(wasmUrl);
      const { model, data } = lorenzTwin(slim, 5, 21, [0, 1, 3]);
      const estimate = { forcing: { initial: [6, 10] as [number, number] } };
      const run = await slim.anneal({
        model,
        data,
        measurementPrecision: 4,
        estimate,
        startingPaths: { count: 2, seed: 1 },
      });
      return run.best.parameters.forcing;
    });
    expect(forcing).toBeGreaterThan(0);
  });

  test("paths are reported on the way, and a cancelled run resumes to the same bits", async () => {
    const told = await inPage(async ({ sdk, lorenzTwin }) => {
      const { model, data } = lorenzTwin(sdk, 10, 301, [0, 1, 3, 4, 6, 8]);
      const options = {
        model,
        data,
        measurementPrecision: 4,
        modelPrecision: { initial: 4e-4, factor: 1.5, rungs: 30 },
        startingPaths: {
          start: "random",
          count: 3,
          enough: 3,
          prune: false,
          range: [-10, 10],
          seed: 2,
        },
      } as const;
      const stop = new AbortController();
      let paths = 0;
      let aborted = 0;
      const part = await sdk.anneal({
        ...options,
        workers: 2,
        signal: stop.signal,
        onPath({ path, rungs, start }) {
          if (path.length !== 3010 || !path.every(Number.isFinite) || rungs.length === 0)
            throw new Error(`path of ${start}`);
          paths += 1;
        },
        onProgress({ done }) {
          if (done !== 8) return;
          aborted = performance.now();
          stop.abort();
        },
      });
      const answered = performance.now() - aborted;
      const done = part.starts.reduce((sum, { rungs }) => sum + rungs.length, 0);
      const whole = await sdk.anneal({ ...options, workers: 0 });
      const resumed = await sdk.anneal({
        ...options,
        resume: JSON.parse(JSON.stringify(part)) as never,
      });
      return {
        cancelled: part.cancelled,
        paths,
        done,
        answered,
        same: resumed.rungTable.action.every((value, i) =>
          Object.is(value, whole.rungTable.action[i]),
        ),
      };
    });
    console.log(`cancelled in a browser: ${told.answered.toFixed(0)} ms`);
    expect(told.cancelled).toBe(true);
    // Every start that was begun reports, at least at its end.
    expect(told.paths).toBeGreaterThanOrEqual(2);
    expect(told.done).toBeLessThan(90);
    expect(told.same).toBe(true);
  });

  test("a long rung is not waited for, and what was done before it is kept", async () => {
    const told = await inPage(async ({ sdk, lorenzTwin }) => {
      const observed = Array.from({ length: 10 }, (_, k) => 2 * k);
      const { model, data } = lorenzTwin(sdk, 20, 3001, observed);
      const stop = new AbortController();
      let rungs = 0;
      let aborted = 0;
      const run = await sdk.anneal({
        model,
        data,
        measurementPrecision: 4,
        modelPrecision: { initial: 1e-2, factor: 4, rungs: 30 },
        startingPaths: { start: "random", count: 2, prune: false, seed: 2 },
        workers: 2,
        signal: stop.signal,
        onProgress() {
          rungs += 1;
          // In the middle of the rung after it.
          if (rungs === 3) setTimeout(() => ((aborted = performance.now()), stop.abort()), 20);
        },
      });
      return {
        answered: performance.now() - aborted,
        told: rungs,
        kept: run.starts.reduce((sum, { rungs }) => sum + rungs.length, 0),
        cancelled: run.cancelled,
      };
    });
    console.log(`cancelled within a long rung: ${told.answered.toFixed(0)} ms`);
    expect(told.cancelled).toBe(true);
    expect(told.kept).toBeGreaterThanOrEqual(told.told - 1);
    expect(told.kept).toBeGreaterThan(0);
  });

  test("the page is served while workers work", async () => {
    const ticks = await inPage(async ({ sdk, lorenzTwin }) => {
      const observed = Array.from({ length: 10 }, (_, k) => 2 * k);
      const { model, data } = lorenzTwin(sdk, 20, 1001, observed);
      let ticks = 0;
      const timer = setInterval(() => (ticks += 1), 1);
      await sdk.anneal({
        model,
        data,
        measurementPrecision: 4,
        modelPrecision: { initial: 1e-2, factor: 10, rungs: 4 },
        startingPaths: { start: "random", count: 2, prune: false, seed: 2 },
        workers: 2,
      });
      clearInterval(timer);
      return ticks;
    });
    // A thread that is held has none at all.
    expect(ticks).toBeGreaterThan(5);
  });

  test("workers that die or cannot work: the run says so, and nothing hangs", async () => {
    const reasons = await inPage(async (window) => {
      const { sdk, made, lorenzTwin } = window;
      const { model, data } = lorenzTwin(sdk, 10, 1001, [0, 1, 3, 4, 6, 8]);
      const reasonOf = async (onProgress: () => void): Promise<unknown> => {
        try {
          await sdk.anneal({
            model,
            data,
            measurementPrecision: 4,
            modelPrecision: { initial: 4e-4, factor: 1.2, rungs: 200 },
            startingPaths: {
              start: "random",
              count: 2,
              enough: 2,
              prune: false,
              range: [-10, 10],
              seed: 2,
            },
            workers: 2,
            onProgress,
          });
          return "it ended well";
        } catch (error) {
          const { code, reason } = (error as { facts: { code: string; reason: string } }).facts;
          return `${code}: ${reason}`;
        }
      };
      const terminated = await reasonOf(() => made[made.length - 1]?.terminate());
      const others = [];
      for (const script of ["throw new Error('out of luck')", "no script at all"]) {
        window.script = script;
        others.push(
          await Promise.race([
            reasonOf(() => undefined),
            new Promise((r) => setTimeout(r, 3000, "silence")),
          ]),
        );
      }
      window.script = undefined;
      return [terminated, ...others];
    });
    expect(reasons).toEqual([
      "workerDied: it was terminated",
      "workerDied: Uncaught Error: out of luck",
      "workerDied: Uncaught SyntaxError: Unexpected identifier 'script'",
    ]);
  });

  test("a chain that is cancelled keeps its draws, and goes on", async () => {
    const told = await inPage(async ({ sdk, lorenzTwin }) => {
      const { model, data } = lorenzTwin(sdk, 5, 41, [0, 1, 2, 4]);
      const run = await sdk.anneal({
        model,
        data,
        measurementPrecision: 4,
        startingPaths: { count: 1, seed: 1 },
      });
      const options = {
        run,
        modelPrecision: 1e3,
        chains: 2,
        draws: 300,
        warmup: 50,
        seed: 5,
        workers: 2,
      } as const;
      const stop = new AbortController();
      const onProgress = ({ phase }: { phase: string }): void => {
        if (phase === "draws") stop.abort();
      };
      const part = await sdk.samplePosterior({ ...options, signal: stop.signal, onProgress });
      const resumed = await sdk.samplePosterior({ ...options, resume: part });
      const whole = await sdk.samplePosterior(options);
      const same = resumed.statistics.energy.every((value, i) =>
        Object.is(value, whole.statistics.energy[i]),
      );
      return { cancelled: part.cancelled, same };
    });
    expect(told).toEqual({ cancelled: true, same: true });
  });

  test("dispose ends what is under way, and init begins again", async () => {
    const said = await inPage(async ({ sdk, lorenzTwin }) => {
      const { model, data } = lorenzTwin(sdk, 10, 1001, [0, 1, 3, 4, 6, 8]);
      const codes = await Promise.all(
        [0, 2].map(async (workers) => {
          try {
            await sdk.anneal({
              model,
              data,
              measurementPrecision: 4,
              modelPrecision: { initial: 4e-4, factor: 1.2, rungs: 200 },
              startingPaths: {
                start: "random",
                count: 2,
                enough: 2,
                prune: false,
                range: [-10, 10],
                seed: 2,
              },
              workers,
              onProgress: ({ done }) => void (done === 3 && workers === 2 && sdk.dispose()),
            });
            return "done";
          } catch (error) {
            return (error as { code: string }).code;
          }
        }),
      );
      try {
        lorenzTwin(sdk, 5, 11, [0]);
        codes.push("works");
      } catch (error) {
        codes.push((error as { code: string }).code);
      }
      await sdk.init();
      lorenzTwin(sdk, 5, 11, [0]);
      return codes;
    });
    expect(said).toEqual(["freed", "freed", "notInitialized"]);
  });

  test("nothing on the console, nothing from elsewhere", () => {
    expect(complaints.filter((text) => !text.startsWith("[vite]"))).toEqual([]);
  });
});

test("a host without https, where browsers give no locks: the same bits, by workers", async () => {
  const served = await WAYS["Vite's build below a path of a plain server"]();
  const page = await browser.context.newPage();
  const url = served.url.replace("127.0.0.1", PLAIN_HOST);
  const complaints = complaintsOf(page, url);
  await page.goto(url);
  await page.waitForFunction(() => document.title === "ready");
  expect(await page.evaluate(() => isSecureContext)).toBe(false);
  const found = await page.evaluate(() => {
    const { sdk, solveAll } = window as unknown as PageWindow;
    return solveAll(sdk, 2);
  });
  expect(found).toEqual(expected);
  expect(complaints).toEqual([]);
  await page.close();
  await served.close();
});
