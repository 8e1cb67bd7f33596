// Tests of the lab as users meet it: built, served below a path by a plain server, in a real
// browser.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { STARTS } from "../src/starts.js";
import { fromLink, type PathSettings, type Settings, toLink } from "../src/settings.js";
import { writeNpy } from "../../../sdk/src/npy.js";
import { program, repository, run as runProgram } from "../../../test/consumer.js";
import { type Browser, openBrowser, PLAIN_HOST } from "../../../test/browser/chromium.js";
import { LabPage, serveLab } from "./page.js";
import { SPRING, springCsv } from "./spring.js";
import type { Served } from "../../../test/browser/static-server.js";

let browser: Browser;
let served: Served;
const pages: LabPage[] = [];

beforeAll(async () => {
  [browser, served] = await Promise.all([openBrowser(), serveLab()]);
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await served?.close();
});

const open = async (how: Parameters<typeof LabPage.open>[2] = {}): Promise<LabPage> => {
  const lab = await LabPage.open(browser.context, served.url, how);
  pages.push(lab);
  return lab;
};

/** After every test the console must be empty, and nothing may come from another host. */
beforeEach(() => async () => {
  const said = pages.flatMap(({ complaints }) => complaints);
  await Promise.all(pages.map(({ page }) => page.close()));
  pages.length = 0;
  expect(said).toEqual([]);
});

const weather = STARTS[0]?.settings as PathSettings;
/** Settings of a run that is long enough to be paused. */
const long: PathSettings = {
  ...weather,
  ladder: { ...weather.ladder, factor: 1.15, rungs: 120 },
  starts: { count: 3, seed: 1, strategy: "nudged" },
};
/**
 * Settings of a run of some seconds: a test that acts in its first hundredth can wait for its end.
 */
const steady: PathSettings = {
  ...long,
  data: { ...weather.data, points: 481 } as PathSettings["data"],
};
/** Settings of a run that outlasts any test, however slow the machine is. */
const endless: PathSettings = {
  ...long,
  data: { ...weather.data, points: 2001 } as PathSettings["data"],
  ladder: { ...weather.ladder, factor: 1.1, rungs: 200 },
  starts: { ...long.starts, count: 4 },
};
/** Settings of a network that is done in a moment. */
const network: Settings = {
  ...(STARTS[2]?.settings as Extract<Settings, { kind: "network" }>),
  title: "A small network",
  layers: [2, 3, 2],
  pairs: 12,
  ladder: { initial: 10, factor: 10, rungs: 5 },
  starts: { count: 2, seed: 1 },
};

describe("a person's way", () => {
  test.each([1280, 390])("from the first picture to words, %d pixels wide", async (width) => {
    const lab = await open({ width });
    await lab.shows("x0 (measured)");
    await expect.poll(() => lab.pictures()).toEqual({ drawn: 10, all: 10 });
    const starts = lab.page
      .getByRole("navigation", { name: "Worked examples" })
      .getByRole("button");
    await expect
      .poll(() => starts.locator("strong").allTextContents())
      .toEqual(STARTS.map(({ name }) => name));
    await expect.poll(() => lab.overflow()).toBe(0);

    await starts.first().click();
    const status = await lab.run();
    const { outcome, settings } = await lab.result();
    expect(settings).toEqual(weather);
    expect(status).toContain(`lowest action ${outcome.action.toPrecision(4)}`);
    expect(outcome.action / outcome.expectedLevel).toBeGreaterThan(0.8);
    expect(outcome.action / outcome.expectedLevel).toBeLessThan(1.25);
    await expect.poll(() => lab.pictures()).toEqual({ drawn: 10, all: 10 });
    await lab.page.getByText("90 % band").waitFor();

    await lab.tab("Action levels");
    await expect.poll(() => lab.pictures()).toEqual({ drawn: 3, all: 3 });
    await expect.poll(() => lab.overflow()).toBe(0);

    const table = await lab.tab("Parameters");
    const cells = await table.locator("tbody td").allTextContents();
    const [low, high] = (cells[2] as string).split(" to ").map(Number) as [number, number];
    const [estimate, deviation, truth] = [0, 1, 3].map((k) => Number(cells[k])) as [
      number,
      number,
      number,
    ];
    expect(low).toBeLessThan(estimate);
    expect(high).toBeGreaterThan(estimate);
    expect(high - low).toBeGreaterThan(2 * deviation);
    expect(truth).toBe(8.17);
    expect(deviation).toBeGreaterThan(0.001);
    expect(deviation).toBeLessThan(0.5);
    expect(Math.abs(estimate - truth)).toBeLessThan(3 * deviation);
    await expect.poll(() => lab.overflow()).toBe(0);

    await lab.tab("Mechanics");
    await lab.shows("energy H");
    await expect.poll(() => lab.pictures()).toEqual({ drawn: 3, all: 3 });
    await expect.poll(() => lab.overflow()).toBe(0);

    const summary = await lab.tab("Summary");
    await expect.poll(() => summary.locator("pre").textContent()).toContain("forcing");
    await expect.poll(() => lab.overflow()).toBe(0);
  });

  test.each([1, 2])("worked start %d runs to its end", async (which) => {
    const lab = await open();
    const { name, settings } = STARTS[which] as (typeof STARTS)[0];
    await lab.page.getByRole("button", { name }).click();
    await lab.shows(settings.kind === "path" ? "V (measured)" : "Activations of the truth");
    await lab.run();
    const { outcome } = await lab.result();
    expect(outcome.action / outcome.expectedLevel).toBeGreaterThan(0.5);
    expect(outcome.action / outcome.expectedLevel).toBeLessThan(1.5);
    if (settings.kind === "network") await lab.shows("Outputs at 200 new inputs");
    const tabs = await lab.page.getByRole("tab").allTextContents();
    expect(tabs).toHaveLength(settings.kind === "path" ? 5 : 3);
    for (const one of tabs) {
      const view = await lab.tab(one);
      const shown = async () => {
        const { drawn, all } = await lab.pictures();
        const hasSomething = all > 0 || ((await view.textContent()) as string).length > 40;
        return {
          missing: all - drawn,
          hasSomething,
          empty: await lab.page.locator(".views .empty").count(),
        };
      };
      await expect
        .poll(shown, { message: one })
        .toEqual({ missing: 0, hasSomething: true, empty: 0 });
    }
  });

  test("other settings while a run goes on are a new beginning", async () => {
    const lab = await open({ settings: endless });
    await lab.shows("x0 (measured)");
    await lab.runs();
    await lab.openSettings(SPRING);
    await lab.shows("x (measured)");
    // By now the rest of the first run would have arrived.
    await lab.page.waitForTimeout(500);
    await expect.poll(() => lab.button("Go on").count()).toBe(0);
    await expect.poll(() => lab.status.textContent()).toBe("");
    await lab.run();
    expect((await lab.result()).settings).toEqual(SPRING);
  });
});

test("a run that was paused ends as one that was not", async () => {
  const action = (status: string): string => status.replace(/^Done in [\d.]+ s; /, "");
  const whole = await open({ settings: long });
  await whole.shows("x0 (measured)");
  const expected = action(await whole.run());
  const all = await whole.result();

  const lab = await open({ settings: long });
  await lab.shows("x0 (measured)");
  const share = (): Promise<number> =>
    lab.page.locator("progress").evaluate((one: HTMLProgressElement) => one.value);
  const waited = await lab.runAndClick("Pause", /^Paused; nothing is lost$/, 0.3);
  console.log(`a pause in the lab is answered after ${waited.toFixed(0)} ms`);
  await lab.button("Go on").waitFor();
  const reached = await share();
  expect(reached).toBeLessThan(1);
  await lab.page.waitForTimeout(300);
  expect(await share()).toBe(reached);
  await lab.page.getByText("path of least action").waitFor();
  await lab.button("Go on").click();
  // The view shows the resumed run, and not the state at its pause.
  await lab.page.locator(".legend .of-start").first().waitFor();
  expect(action(await lab.done())).toBe(expected);
  const resumed = await lab.result();
  expect(resumed.levels).toEqual(all.levels);
  expect(resumed.outcome.path).toEqual(all.outcome.path);
});

test("a cancelled run leaves nothing, and the next one is as if it had not been", async () => {
  const lab = await open({ settings: endless });
  await lab.shows("x0 (measured)");
  await lab.runs();
  await lab.page.keyboard.press("Tab");
  await expect.poll(() => lab.focused()).toBe("Cancel");
  await lab.page.keyboard.press("Enter");
  await lab.button("Cancel").waitFor({ state: "detached" });
  await expect.poll(() => lab.focused()).toBe("Run");
  await expect.poll(() => lab.status.textContent()).toBe("");
  await lab.openSettings({ ...SPRING, starts: { ...SPRING.starts, seed: 2 } });
  await lab.run();
  const { outcome } = await lab.result();
  const other = await open({ settings: { ...SPRING, starts: { ...SPRING.starts, seed: 2 } } });
  await other.run();
  expect((await other.result()).outcome.path).toEqual(outcome.path);
});

test("a run that is stopped at once, by a double click too, can be begun again", async () => {
  const lab = await open({ settings: long });
  await lab.shows("x0 (measured)");
  // Cancelled before the engine has begun, however slow the machine is.
  await lab.button("Run").evaluate(async (one) => {
    (one as HTMLElement).click();
    await Promise.resolve();
    (one as HTMLElement).click();
  });
  await lab.button("Run").waitFor();
  await expect.poll(() => lab.status.textContent()).toMatch(/^Stopped before the first rung/);
  await expect.poll(() => lab.page.getByRole("alert").count()).toBe(0);
  await lab.openSettings(SPRING);
  await lab.run();
});

test("how certain a path is can be skipped, and can be had by another run", async () => {
  // Many points and few rungs: its certainty takes longer than its path.
  const data = { ...weather.data, points: 4001 } as PathSettings["data"];
  const lab = await open({
    settings: {
      ...weather,
      data,
      ladder: { initial: 1, factor: 10, rungs: 2 },
      starts: { ...weather.starts, count: 1 },
    },
  });
  await lab.shows("x0 (measured)");
  await lab.runAndClick("Skip", /^Done/);
  await lab.tab("Mechanics");
  await lab.page.getByText("There are no momenta").waitFor();
  // The engine is still busy with the stopped run.
  await lab.openSettings(SPRING);
  await lab.run();
  await lab.tab("Mechanics");
  await lab.shows("energy H");
  expect((await lab.result()).settings).toEqual(SPRING);
});

describe("what goes wrong says what to do", () => {
  const text = (lab: LabPage) => lab.page.getByLabel("Text", { exact: true });

  test("an equation with a typing error, by its line; mended, it runs", async () => {
    const lab = await open({ settings: SPRING });
    await lab.shows("x (measured)");
    await text(lab).fill(SPRING.model.replace("-k*x", "-k**x"));
    expect(await lab.complaint(/line/)).toMatch(/^line 2: /);
    await expect.poll(() => lab.button("Run").isDisabled()).toBe(true);
    await text(lab).fill(SPRING.model.replace("-k*x", "-q*x"));
    expect(await lab.complaint(/\bq\b/)).toMatch(/^line 2: .*\bq\b/);
    await text(lab).fill(SPRING.model.replace("v' =", "v'"));
    expect(await lab.complaint(/no equation/)).toMatch(/^line 2: .*write x' = /);
    await text(lab).fill(SPRING.model);
    await lab.page.getByRole("alert").waitFor({ state: "detached" });
    await lab.run();
  });

  test("files that are no data, by their names", async () => {
    const files: [string, Buffer | string, RegExp][] = [
      [
        "words.csv",
        "Dear reader,\nthis is a letter and no table.\nIt has, here and there, a comma.\n",
        /CSV: a line/,
      ],
      [
        "letters.csv",
        "time,x\nyesterday,high\ntoday,low\ntomorrow,high\n",
        /no column has numbers.*CSV: a line/,
      ],
      [
        "picture.csv",
        Buffer.from(Array.from({ length: 4000 }, (_, k) => (k * 151 + 137) % 256)),
        /save it as CSV/,
      ],
      ["empty.csv", "", /CSV: a line/],
      ["result.json", "{ not json", /\.csv and \.npy/],
    ];
    const lab = await open({ settings: SPRING });
    await lab.shows("x (measured)");
    for (const [name, content, remedy] of files) {
      await lab.openData(name, content);
      expect(await lab.complaint(new RegExp(name.replace(".", "\\.")))).toMatch(remedy);
      // The earlier results are still there.
      await lab.shows("x (measured)");
    }
    await lab.openData("good.csv", springCsv(61));
    await lab.page.getByRole("alert").waitFor({ state: "detached" });
    await lab.confirm();
    await lab.run();
  });

  test("a bad file during a run is spoken of, and the run goes on", async () => {
    const lab = await open({ settings: steady });
    await lab.shows("x0 (measured)");
    await lab.runs();
    await lab.openData("words.csv", "Dear reader,\nthis is no table.\n");
    expect(await lab.complaint(/words\.csv/)).toMatch(/CSV: a line/);
    expect(await lab.button("Pause").count()).toBe(1);
    await lab.done();
    await expect.poll(() => lab.button("Run").isEnabled()).toBe(true);
  });

  test("a parameter that is looked for and no longer in the text can be taken out", async () => {
    const lab = await open({ settings: SPRING });
    await lab.shows("x (measured)");
    await text(lab).fill(SPRING.model.replaceAll("k", "stiffness"));
    expect(await lab.complaint(/parameter k/)).toContain("take it out");
    await lab.page.getByRole("checkbox", { name: "k, which the model has not" }).click();
    await lab.page.getByRole("alert").waitFor({ state: "detached" });
    await lab.page.getByRole("checkbox", { name: "stiffness" }).check();
    await lab.run();
    // Without any parameter as well.
    await text(lab).fill("x' = v\nv' = -2*x\nx(0) = 1");
    await lab.page.getByRole("checkbox", { name: "stiffness, which the model has not" }).click();
    await lab.page.getByRole("alert").waitFor({ state: "detached" });
  });

  test("10 MB of good numbers are read while the page goes on", async () => {
    const lab = await open({ settings: SPRING });
    await lab.shows("x (measured)");
    const content = springCsv(560_000);
    expect(content.length).toBeGreaterThan(10 * 2 ** 20);
    await lab.page.evaluate(() => {
      let last = performance.now();
      const ticks = { count: 0, longest: 0 };
      setInterval(() => {
        ticks.count += 1;
        ticks.longest = Math.max(ticks.longest, performance.now() - last);
        last = performance.now();
      }, 20);
      Object.assign(window, { ticks });
    });
    const ticks = () =>
      lab.page.evaluate(
        () => (window as unknown as { ticks: { count: number; longest: number } }).ticks,
      );
    // A file on disk: Playwright would decode any other in the page.
    const folder = mkdtempSync(join(tmpdir(), "least-action-lab-"));
    writeFileSync(join(folder, "large.csv"), content);
    await lab.page.getByLabel(/^Your own data/).setInputFiles(join(folder, "large.csv"));
    await lab.columns.waitFor({ timeout: 30_000 });
    const read = await ticks();
    await lab.page
      .getByRole("img", { name: "x over time, measured: measured", exact: true })
      .waitFor();
    await lab.page.waitForTimeout(500);
    await expect.poll(async () => (await lab.pictures()).drawn).toBe(2);
    await lab.page.getByText(/Of 560000 points, at most 2000 are drawn/).waitFor();
    const drawn = await ticks();
    console.log(
      `10 MB of CSV: ${read.count} ticks while it was read; the page stood still for ` +
        `${drawn.longest.toFixed(0)} ms at the longest`,
    );
    expect(read.count).toBeGreaterThan(5);
    expect(drawn.count).toBeGreaterThan(read.count);
    await expect.poll(() => lab.page.getByLabel("Column of times").inputValue()).toBe("time");
    await expect.poll(() => lab.page.getByRole("alert").count()).toBe(0);
    rmSync(folder, { recursive: true });
  });

  test("a model that blows up", async () => {
    const model = "x' = x^2\nx(0) = 10";
    const lab = await open({ settings: { ...SPRING, model, estimate: {} } });
    const said = await lab.complaint(/./);
    expect(said).toMatch(/Infinity at time 0\.\d+.*check the model/);
    await text(lab).fill("x' = -x\nx(0) = 10");
    await lab.page.getByRole("alert").waitFor({ state: "detached" });
  });

  test("a damaged link, and one of another version", async () => {
    const link = toLink(SPRING);
    const lab = await open({ hash: link.slice(0, link.length / 2) });
    expect(await lab.complaint(/damaged/)).toContain("copy the whole of it");
    await lab.page.getByRole("button", { name: /^A neuron/ }).click();
    await lab.shows("V (measured)");
    await expect.poll(() => lab.page.getByRole("alert").count()).toBe(0);

    const other = await open({ hash: "2.abc" });
    expect(await other.complaint(/version/)).toContain("begin with one of the examples");
    const wrong = await open({
      hash: toLink({ ...SPRING, ladder: { ...SPRING.ladder, rungs: -3 } }),
    });
    expect(await wrong.complaint(/rungs/)).toContain("must be a whole number from 1 to 200");
  });

  test("a link that is put into the address of an open page", async () => {
    const lab = await open({ settings: SPRING });
    await lab.shows("x (measured)");
    const go = (hash: string): Promise<void> =>
      lab.page.evaluate((one) => void (location.hash = one), hash);
    await go(toLink(weather));
    await lab.shows("x0 (measured)");
    await go(toLink(network).slice(0, -20));
    expect(await lab.complaint(/damaged/)).toContain("copy the whole of it");
    await lab.shows("x0 (measured)");
    await expect.poll(() => lab.button("Run").isEnabled()).toBe(true);
    await go(toLink(weather));
    await lab.page.getByRole("alert").waitFor({ state: "detached" });
    await go(toLink(network));
    await lab.shows("Activations of the truth");
    await expect.poll(() => lab.page.getByRole("alert").count()).toBe(0);
    await lab.run();
    expect((await lab.result()).settings).toEqual(network);
  });

  test("no state is measured", async () => {
    const lab = await open({ settings: SPRING });
    await lab.shows("x (measured)");
    await lab.page.getByRole("checkbox", { name: "x", exact: true }).uncheck();
    expect(await lab.complaint(/measured/)).toContain("choose at least one state");
    await expect.poll(() => lab.button("Run").isDisabled()).toBe(true);
    await lab.page.getByRole("checkbox", { name: "v", exact: true }).check();
    await lab.shows("v (measured)");
    await lab.run();
  });
});

describe("what one has to know before one believes it", () => {
  test("a file is fitted only after its columns have been looked at", async () => {
    const lab = await open({ settings: SPRING });
    await lab.shows("x (measured)");
    const csv = springCsv(61).replace("time,x,other", "day,length,weight");
    await lab.openData("spring.csv", csv);
    await lab.columns.waitFor();
    // Of two columns, which one measures x is not guessed.
    expect(await lab.complaint(/spring\.csv/)).toContain("choose the column");
    await expect.poll(() => lab.status.textContent()).toContain("Look at the columns");
    const roles = () => lab.columns.locator("thead td").allTextContents();
    await expect.poll(roles).toEqual(["time", "not used", "not used"]);
    await expect
      .poll(() => lab.columns.locator("tbody tr").nth(1).locator("td").allTextContents())
      .toEqual((csv.split("\n")[2] as string).split(",").map((cell) => String(Number(cell))));
    const first = lab.button("Choose a column for each state first");
    await expect.poll(() => first.isDisabled()).toBe(true);
    await lab.page.getByLabel("Column that measures x").selectOption("length");
    await expect.poll(roles).toEqual(["time", "measures x", "not used"]);
    await lab.page.getByRole("alert").waitFor({ state: "detached" });
    // All is said, and nothing is confirmed: a click on Run does nothing.
    await lab.shows("x (measured)");
    await expect.poll(() => lab.button("Run").isDisabled()).toBe(true);
    await lab.button("Run").evaluate((run) => (run as HTMLElement).click());
    await lab.page.waitForTimeout(300);
    expect(await lab.status.textContent()).toContain("Look at the columns of spring.csv");
    await lab.confirm();
    await expect.poll(() => lab.focused()).toBe("Run");
    await lab.run();
    expect((await lab.result()).settings).toMatchObject({
      data: { time: "day", columns: { x: "length" } },
    });
    // Another column, and another file of the same name, are to be looked at again.
    await lab.page.getByLabel("Column that measures x").selectOption("weight");
    await expect.poll(() => lab.button("Run").isDisabled()).toBe(true);
    await lab.confirm();
    await lab.openData("spring.csv", csv);
    await lab.columns.waitFor();
    await expect.poll(() => lab.button("Run").isDisabled()).toBe(true);
  });

  test("the range of starts is none of bounds; a bound that holds is no knowledge", async () => {
    const away: PathSettings = { ...SPRING, estimate: { k: { low: 2.5, high: 4 } } };
    const lab = await open({ settings: away });
    await lab.shows("x (measured)");
    await lab.run();
    const free = await lab.result();
    expect(Math.abs((free.outcome.path.parameters.k as number) - 2)).toBeLessThan(0.1);
    expect(free.outcome.path.held).toEqual([]);

    const bound = lab.page.getByLabel("Bound: k at least");
    await bound.fill("2.");
    await bound.fill("2.2");
    await lab.run();
    const held = await lab.result();
    expect(held.settings).toEqual({
      ...away,
      estimate: { k: { low: 2.5, high: 4, least: 2.2 } },
    });
    expect(held.outcome.path.held).toEqual(["k"]);
    const table = await lab.tab("Parameters");
    await lab.page.getByText("k is held by its bound 2.2: the data ask for less").waitFor();
    const cells = await table.locator("tbody td").allTextContents();
    expect(cells.slice(0, 3)).toEqual(["2.2000", "–", "–"]);

    await bound.fill("");
    await expect.poll(() => lab.status.textContent()).toBe("");
    await lab.run();
    expect((await lab.result()).settings).toEqual(away);
    await bound.fill("3");
    expect(await lab.complaint(/estimate k/)).toContain("widen the bounds");
    await bound.fill("x");
    await lab.page.getByText("a number, such as").waitFor();
  });

  test("findings stand before pictures and numbers, the gravest first", async () => {
    // Noise of a fifth of the true one.
    const settings: PathSettings = { ...SPRING, measurementPrecision: 25 * 400 };
    const lab = await open({ settings });
    await lab.shows("x (measured)");
    expect(await lab.page.getByRole("region", { name: "Findings" }).count()).toBe(0);
    await lab.run();
    const { outcome } = await lab.result();
    expect(outcome.verdict).toBe("inconsistent");
    const findings = lab.page.getByRole("region", { name: "Findings" });
    await expect
      .poll(() => findings.getByRole("heading").textContent())
      .toBe("Inconsistent: do not use these numbers");
    const first = findings.locator("li").first();
    expect(await first.getAttribute("class")).toBe("problem");
    const said = await findings.locator("li").allTextContents();
    for (const { message } of outcome.findings)
      expect(said.some((text) => text.includes(message))).toBe(true);
    for (const tab of await lab.page.getByRole("tab").allTextContents()) {
      await lab.tab(tab);
      const isBefore = await lab.page.evaluate(() => {
        const all = [...document.querySelectorAll(".views .findings, .views .tabs, .views canvas")];
        return all[0]?.classList.contains("findings") === true;
      });
      expect(isBefore, tab).toBe(true);
    }
  });
});

describe("taking it along", () => {
  const output = join(repository, "examples", "output");
  let folder: string;

  beforeAll(() => {
    mkdirSync(output, { recursive: true });
    folder = mkdtempSync(join(output, "lab-test-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Lowest action that the exported program finds. */
  async function actionOf(name: string, snippet: string): Promise<number> {
    const file = join(folder, `${name}.ts`);
    writeFileSync(file, `${snippet}console.log(run.best.action);\n`);
    const said = await runProgram(
      process.execPath,
      [program("tsx", "dist", "cli.mjs"), file],
      folder,
    );
    return Number(said.trim().split("\n").at(-1));
  }

  test("data of a file are fitted; settings, link and program give the same again", async () => {
    const csv = springCsv(61);
    writeFileSync(join(folder, "spring.csv"), csv);
    const lab = await open({ settings: SPRING });
    await lab.shows("x (measured)");
    await lab.openData("spring.csv", csv);
    await expect.poll(() => lab.page.getByLabel("Column of times").inputValue()).toBe("time");
    await expect.poll(() => lab.page.getByLabel("Column that measures x").inputValue()).toBe("x");
    await lab.confirm();
    await lab.run();
    const { outcome, settings, levels } = await lab.result();
    expect(settings).toMatchObject({
      data: { from: "file", name: "spring.csv", columns: { x: "x" } },
    });
    expect(Math.abs((outcome.path.parameters.k as number) - 2.25)).toBeLessThan(0.1);
    expect(await actionOf("file", await lab.snippet())).toBe(outcome.action);

    // Opened again in another page, by file and by link: both ask for the data, and then do the
    // same.
    const saved = await lab.saved("Save settings");
    expect(JSON.parse(saved)).toEqual(settings);
    await expect.poll(() => fromLink(new URL(lab.page.url()).hash)).toEqual(settings);
    const link = new URL(lab.page.url()).hash;
    const byFile = await open();
    await byFile.openSettings(settings, saved);
    const byLink = await open({ hash: link.slice(1) });
    for (const again of [byFile, byLink]) {
      expect(await again.complaint(/spring\.csv/)).toContain("open the file spring.csv");
      await again.openData("spring.csv", csv);
      await again.page.getByRole("alert").waitFor({ state: "detached" });
      await again.confirm();
      await again.run();
      const result = await again.result();
      expect(result.settings).toEqual(settings);
      expect(result.levels).toEqual(levels);
    }
  });

  test("files that are dropped beside the column, settings and data at once", async () => {
    const lab = await open({ width: 1900 });
    await lab.shows("x0 (measured)");
    const data = {
      from: "file",
      name: "spring.csv",
      time: null,
      timeStep: 0.1,
      columns: { x: "x" },
    } as const;
    const files = {
      "spring.csv": springCsv(61),
      "spring.json": JSON.stringify({ ...SPRING, data }),
    };
    const held = await lab.page.evaluate((contents) => {
      const dataTransfer = new DataTransfer();
      for (const [name, content] of Object.entries(contents))
        dataTransfer.items.add(new File([content], name));
      const place = document.elementFromPoint(5, 400) as Element;
      const drop = ["dragover", "drop"].map(
        (type) => new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }),
      );
      return {
        beside: place.closest("main") === null,
        taken: drop.map((event) => !place.dispatchEvent(event)),
      };
    }, files);
    expect(held).toEqual({ beside: true, taken: [true, true] });
    await lab.shows("x (measured)");
    await lab.confirm();
    await lab.run();
    expect((await lab.result()).settings).toEqual({ ...SPRING, data });
  });

  test("of several files, what is wrong with one is said, and the others are opened", async () => {
    const lab = await open({ settings: SPRING });
    await lab.shows("x (measured)");
    const files = { "settings.json": "{ no", "spring.csv": springCsv(61) };
    await lab.page.getByLabel(/^Your own data/).setInputFiles(
      Object.entries(files).map(([name, content]) => ({
        name,
        mimeType: "application/octet-stream",
        buffer: Buffer.from(content),
      })),
    );
    await lab.page.getByLabel("Column of times").waitFor();
    expect(await lab.complaint(/settings\.json/)).toContain("is not JSON");
    await lab.page.getByLabel("Column that measures x").selectOption("x");
    await lab.confirm();
    await lab.run();
  });

  test("data of NumPy are fitted, and the program reads them as well", async () => {
    const rows = springCsv(61)
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(",").map(Number));
    const npy = writeNpy({ shape: [61, 3], values: rows.flat() });
    writeFileSync(join(folder, "spring.npy"), npy);
    const lab = await open({ settings: SPRING });
    await lab.shows("x (measured)");
    await lab.openData("spring.npy", Buffer.from(npy));
    await lab.page.getByLabel("Column of times").selectOption("0");
    await lab.page.getByLabel("Column that measures x").selectOption("1");
    await lab.confirm();
    await lab.run();
    const { outcome } = await lab.result();
    expect(Math.abs((outcome.path.parameters.k as number) - 2.25)).toBeLessThan(0.1);
    expect(await actionOf("npy", await lab.snippet())).toBe(outcome.action);
  });

  test("the data of a twin, saved and opened, are the same data", async () => {
    const lab = await open({ settings: SPRING });
    await lab.shows("x (measured)");
    await lab.run();
    const { outcome } = await lab.result();
    await lab.openData("data.csv", await lab.saved("Save data"));
    await lab.confirm();
    await lab.run();
    expect((await lab.result()).outcome.action).toBe(outcome.action);
  });

  test("a picture has the curves of the view, with their captions and the legend", async () => {
    const lab = await open({ settings: SPRING });
    await lab.shows("x (measured)");
    await lab.run();
    const png = await lab.savedFile("Save picture");
    expect(png.subarray(1, 4).toString()).toBe("PNG");
    await lab.tab("Summary");
    await lab.button("Save picture").click();
    await lab.page.getByText("This view has no picture").waitFor();
    await lab.tab("Paths");
    const page = await lab.page.evaluate(() => {
      const rows = [...document.querySelectorAll(".views .multiples")].map((one) =>
        one.getBoundingClientRect(),
      );
      return { width: rows[0]?.width ?? NaN, height: rows[0]?.height ?? NaN };
    });
    expect(png.readUInt32BE(16)).toBeGreaterThan(0.9 * page.width);
    // A line for the legend above
    expect(png.readUInt32BE(20) - page.height).toBeGreaterThan(15);
    const drawn = await lab.page.evaluate(async (base64) => {
      const image = await createImageBitmap(
        await (await fetch(`data:image/png;base64,${base64}`)).blob(),
      );
      const context = new OffscreenCanvas(image.width, image.height).getContext("2d", {
        willReadFrequently: true,
      })!;
      context.drawImage(image, 0, 0);
      const rows = Array.from({ length: image.height }, (_, row) => {
        const { data } = context.getImageData(0, row, image.width, 1);
        return data.some((value, k) => value !== data[k % 4]);
      });
      return rows.slice(0, 50).filter(Boolean).length;
    }, png.toString("base64"));
    expect(drawn).toBeGreaterThan(15);
  });

  test("the programs of a twin and of a network give the page's lowest action", async () => {
    const twin: PathSettings = {
      ...SPRING,
      observed: ["x", "v"],
      ownPrecisions: { v: 100 },
      modelWeights: { x: 2 },
    };
    for (const [name, settings] of Object.entries({ twin, network })) {
      const lab = await open({ settings });
      await lab.shows(settings.kind === "path" ? "x (measured)" : "Activations of the truth");
      await lab.run();
      expect(await actionOf(name, await lab.snippet()), name).toBe(
        (await lab.result()).outcome.action,
      );
    }
  });

  test("what these programs are in TypeScript is right", async () => {
    const files = ["file.ts", "npy.ts", "twin.ts", "network.ts"].map((name) => join(folder, name));
    const how = [
      "--noEmit",
      "--strict",
      "--skipLibCheck",
      "--target",
      "es2022",
      "--module",
      "nodenext",
    ];
    const compiler = program("typescript", "bin", "tsc");
    await runProgram(process.execPath, [compiler, ...how, "--types", "node", ...files], folder);
  });
});

describe("what is typed", () => {
  test("layers of a network, letter by letter", async () => {
    const lab = await open({ settings: network });
    await lab.shows("Activations of the truth");
    const field = lab.page.getByLabel(/^Neurons of each layer/);
    await field.press("End");
    await field.pressSequentially(", 4");
    await expect.poll(() => field.inputValue()).toBe("2, 3, 2, 4");
    await field.press("Backspace");
    await field.pressSequentially("5, x");
    await lab.page.getByText("whole numbers from 1 to 200").waitFor();
    // An invalid entry is replaced when the field is left.
    await field.blur();
    await expect.poll(() => field.inputValue()).toBe("2, 3, 2, 5");
    await expect.poll(() => field.getAttribute("aria-invalid")).toBe("false");
    await lab.run();
    expect((await lab.result()).settings).toMatchObject({ layers: [2, 3, 2, 5] });
  });

  test("the same number in another way keeps the run; what is no number is not kept", async () => {
    const lab = await open({ settings: SPRING });
    await lab.shows("x (measured)");
    const done = await lab.run();
    const noise = lab.page.getByLabel("Noise", { exact: true });
    await noise.fill("0.050");
    await noise.fill("5e-2");
    await noise.fill("5e");
    await lab.page.getByText("a number, such as").waitFor();
    await noise.blur();
    await expect.poll(() => noise.inputValue()).toBe("0.05");
    await expect.poll(() => lab.status.textContent()).toBe(done);
    await noise.fill("0.1");
    await expect.poll(() => lab.status.textContent()).toBe("");
    await expect.poll(() => lab.page.getByLabel(/^Measurement precision/).inputValue()).toBe("100");
  });

  test("a precision for each state", async () => {
    const lab = await open({ settings: SPRING });
    await lab.shows("x (measured)");
    await lab.page.getByRole("checkbox", { name: "v", exact: true }).check();
    await lab.page.getByRole("checkbox", { name: "Each measured state has its own R_m" }).check();
    await lab.page.getByLabel("R_m of v").fill("100");
    await lab.panel("Search");
    await lab.page.getByRole("checkbox", { name: /^Each state has its own share/ }).check();
    await lab.page.getByLabel("R_f of x, times").fill("2");
    await lab.shows("v (measured)");
    await lab.run();
    const precisions = { ownPrecisions: { x: 400, v: 100 }, modelWeights: { x: 2, v: 1 } };
    expect((await lab.result()).settings).toEqual({
      ...SPRING,
      observed: ["x", "v"],
      ...precisions,
    });
    // A state that is the only measured one stays in the list, so that it can be removed.
    await lab.page.getByRole("checkbox", { name: "v", exact: true }).uncheck();
    await expect.poll(() => lab.page.getByLabel("R_m of x").inputValue()).toBe("400");
    await lab.page.getByRole("checkbox", { name: "Each measured state has its own R_m" }).click();
    await expect.poll(() => lab.page.getByLabel("R_m of v").count()).toBe(0);
  });

  test("plots that come into view at the moment of a change of their curves", async () => {
    const lab = await open({ settings: SPRING, width: 390 });
    await lab.shows("x (measured)");
    await lab.page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await lab.page.waitForTimeout(100);
    await lab.button("Run").evaluate((run) => (run as HTMLElement).click());
    await lab.done();
    await lab.page.getByRole("checkbox", { name: "v", exact: true }).evaluate((box) => {
      document.querySelector(".multiples")?.scrollIntoView();
      // The moment after the page is asked for another picture, and before it learns what is
      // visible.
      requestAnimationFrame(() => (box as HTMLElement).click());
    });
    await lab.shows("v (measured)");
    await expect.poll(() => lab.pictures()).toEqual({ drawn: 2, all: 2 });
  });

  test("a parameter with a name that every object has", async () => {
    const model = "x' = v\nv' = -constructor*x\nconstructor = 2\ntoString = 1\nx(0) = 1";
    const lab = await open({ settings: { ...SPRING, model, estimate: {} } });
    await lab.shows("x (measured)");
    const boxes = ["constructor", "toString"].map((name) =>
      lab.page.getByRole("checkbox", { name, exact: true }),
    );
    for (const box of boxes) await expect.poll(() => box.isChecked()).toBe(false);
    await boxes[0]?.check();
    await lab.tab("Parameters");
    await lab.run();
    expect((await lab.result()).outcome.path.parameters.constructor).toBeCloseTo(2, 0);
  });

  test("other equations for the same data: the file stays", async () => {
    const lab = await open({ settings: SPRING });
    await lab.shows("x (measured)");
    await lab.openData("pendulum.csv", springCsv(61).replace("time,x,other", "time,angle,other"));
    await lab.page.getByLabel("Column of times").waitFor();
    await lab.page.getByLabel("Column that measures x").selectOption("angle");
    await lab.confirm();
    await lab.page.getByLabel("Equations").selectOption("A pendulum with friction");
    await lab.shows("angle (measured)");
    // Another state is measured now, which is another thing to look at.
    await lab.confirm();
    await lab.run();
    expect((await lab.result()).settings).toMatchObject({
      data: {
        from: "file",
        name: "pendulum.csv",
        time: "time",
        timeStep: 0.1,
        columns: { angle: "angle" },
      },
    });
    await lab.button("back to a twin").click();
    await lab.page.getByLabel("Points", { exact: true }).waitFor();
    await expect.poll(() => lab.page.getByLabel(/^Measurement precision/).inputValue()).toBe("4");
  });
});

describe("for everyone", () => {
  test("by keyboard alone: run, pause, go on, and from view to view", async () => {
    const lab = await open({ settings: steady });
    await lab.shows("x0 (measured)");
    const { keyboard } = lab.page;
    const goTo = async (name: string): Promise<void> => {
      for (let k = 0; k < 10 && (await lab.focused()) !== name; k++) await keyboard.press("Tab");
      await expect.poll(() => lab.focused()).toBe(name);
    };
    await goTo("Run");
    await keyboard.press("Enter");
    await lab.hasCome(0.01);
    await expect.poll(() => lab.focused()).toBe("Pause");
    await keyboard.press("Enter");
    await lab.button("Go on").waitFor();
    await expect.poll(() => lab.focused()).toBe("Go on");
    await keyboard.press("Enter");
    await lab.done();
    await expect.poll(() => lab.focused()).toBe("Run");
    await goTo("Paths");
    for (const name of ["Action levels", "Parameters", "Mechanics", "Summary", "Paths"]) {
      await keyboard.press("ArrowRight");
      await expect.poll(() => lab.focused()).toBe(name);
      await expect
        .poll(() => lab.page.getByRole("tab", { selected: true }).textContent())
        .toBe(name);
    }
    await keyboard.press("ArrowLeft");
    await expect.poll(() => lab.focused()).toBe("Summary");
  });

  test.each([0, 2])("whatever can be used has a name, with worked start %d", async (which) => {
    const lab = await open({ settings: STARTS[which]?.settings as Settings });
    await lab.shows(/./);
    for (const tab of await lab.page.getByRole("tab").allTextContents()) {
      await lab.tab(tab);
      const found = await lab.page.evaluate(() => {
        const nameOf = (one: HTMLElement): string =>
          [
            one.getAttribute("aria-label"),
            ...[...((one as HTMLInputElement).labels ?? [])].map((label) => label.textContent),
            one.tagName === "BUTTON" ? one.textContent : null,
          ]
            .join("")
            .trim();
        const all = [
          ...document.querySelectorAll<HTMLElement>(
            "button, input, select, textarea, progress, canvas",
          ),
        ]
          // uPlot's canvas is inside what is named.
          .filter((one) => one.closest("[role=img]") === null || one.closest("[role=img]") === one);
        return {
          all: all.length,
          nameless: all.filter((one) => nameOf(one) === "").map((one) => one.outerHTML),
        };
      });
      expect(found.all).toBeGreaterThan(20);
      expect(found.nameless).toEqual([]);
    }
  });

  test("from a host without https, where browsers give no clipboard and no locks", async () => {
    const lab = await open({ settings: SPRING, host: PLAIN_HOST });
    await lab.shows("x (measured)");
    expect(await lab.page.evaluate(() => isSecureContext)).toBe(false);
    await lab.run();
    await lab.panel("Take it with you");
    await lab.button("Copy link").click();
    await lab.page.getByText("take the address of this page").waitFor();
    const elsewhere = await open({ settings: SPRING });
    await elsewhere.run();
    expect((await lab.result()).outcome.path).toEqual((await elsewhere.result()).outcome.path);
  });

  test("dark where the system is dark", async () => {
    const lab = await open();
    await lab.shows("x0 (measured)");
    const brightness = (): Promise<number> =>
      lab.page.evaluate(() => {
        const [red, green, blue] = getComputedStyle(document.body)
          .backgroundColor.match(/\d+/g)!
          .map(Number);
        return (red! + green! + blue!) / 3;
      });
    await expect.poll(brightness).toBeGreaterThan(220);
    const before = await lab.colours();
    await lab.page.emulateMedia({ colorScheme: "dark" });
    await expect.poll(brightness).toBeLessThan(40);
    // Curves as well as what is around them: measurements are of another orange in the dark.
    const [light, dark] = [[193, 68, 14].join(), [255, 154, 98].join()];
    expect([before.has(light), before.has(dark)]).toEqual([true, false]);
    await expect.poll(async () => (await lab.colours()).has(dark)).toBe(true);
    await expect.poll(async () => (await lab.colours()).has(light)).toBe(false);
  });

  test("once loaded it needs no network", async () => {
    const lab = await open({ settings: SPRING });
    await lab.shows("x (measured)");
    await browser.context.setOffline(true);
    try {
      await lab.run();
      await lab.openSettings(network);
      await lab.shows("Activations of the truth");
      await lab.run();
    } finally {
      await browser.context.setOffline(false);
    }
  });
});
