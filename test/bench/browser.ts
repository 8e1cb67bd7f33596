// Times of a browser against Node: the same work in one thread of each, in turns.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as sdk from "least-action";
import { build } from "vite";
import { findChromium, openBrowser } from "../browser/chromium.js";
import { solveAll } from "../browser/problems.js";
import { serveFolder } from "../browser/static-server.js";
import { repository } from "../consumer.js";
import { type Figure, figure, median } from "./figures.js";

const ROUNDS = 7;

/** Times in a browser. Empty, with a message, where there is no browser. */
export async function browser(): Promise<Figure[]> {
  if ((await findChromium()) === undefined) {
    console.log("browser against Node: skipped, no Chromium");
    return [];
  }
  const folder = mkdtempSync(join(tmpdir(), "least-action-bench-"));
  writeFileSync(join(folder, "index.html"), `<script type="module" src="./main.js"></script>`);
  const problems = join(repository, "test", "browser", "problems.ts");
  writeFileSync(
    join(folder, "main.js"),
    `import * as sdk from "least-action";
    import { solveAll } from ${JSON.stringify(problems)};
    window.time = async () => {
      const start = performance.now();
      await solveAll(sdk, 0);
      return performance.now() - start;
    };`,
  );
  await build({
    root: folder,
    configFile: false,
    logLevel: "error",
    base: "./",
    resolve: { alias: { "least-action": join(repository, "dist", "index.js") } },
  });
  const [served, { context, close }] = await Promise.all([
    serveFolder(join(folder, "dist")),
    openBrowser(),
  ]);
  try {
    const page = await context.newPage();
    await page.goto(served.url);
    await page.waitForFunction("window.time !== undefined");
    const here = async (): Promise<number> => {
      const start = performance.now();
      await solveAll(sdk as never, 0);
      return performance.now() - start;
    };
    const there = (): Promise<number> => page.evaluate("time()");
    // The first round is not timed, as it pays for the compilers.
    await here();
    await there();
    const times: { node: number[]; page: number[] } = { node: [], page: [] };
    for (let round = 0; round < ROUNDS; round++) {
      times.node.push(await here());
      times.page.push(await there());
    }
    const node = median(times.node);
    return [
      figure("starting paths, networks, chains, mechanics: Node", node, "ms"),
      figure(
        "starting paths, networks, chains, mechanics: Chromium",
        median(times.page),
        "ms",
        "Node",
        node,
      ),
    ];
  } finally {
    await close();
    await served.close();
    rmSync(folder, { recursive: true });
  }
}
