// The lab as a person waits for it: its first picture, the pictures of a run, and its end.
import { LIMITS, type PathSettings } from "../../examples/lab/src/settings.js";
import { STARTS } from "../../examples/lab/src/starts.js";
import { type Browser, findChromium, openBrowser } from "../browser/chromium.js";
import { LabPage, serveLab } from "../../examples/lab/test/page.js";
import { type Figure, figure, median } from "./figures.js";

const ROUNDS = 5;
/** Milliseconds of a long run that are watched. */
const STILL = 15_000;

/** What the page noted of a run, in milliseconds. */
interface Noted {
  /** From the click to the lowest level. */
  found: number;
  /** To how certain it is as well. */
  done: number;
  /** Between drawings of the paths, from the first to the lowest level. */
  gaps: number[];
}

/**
 * Runs in the page: a drawing of the paths is one that changes their pixels' canvas, which uPlot
 * does by clearing it.
 */
function noteRun(): Promise<Noted> {
  const { prototype } = CanvasRenderingContext2D;

  const { clearRect } = prototype;
  const canvas = document.querySelector(".views canvas");
  const drawn: number[] = [];
  prototype.clearRect = function (...place) {
    // The time of the frame: one picture is many drawings.
    if (this.canvas === canvas || !document.contains(canvas))
      drawn.push(Number(document.timeline.currentTime));
    clearRect.apply(this, place);
  };
  const status = document.querySelector(".run-bar .status") as HTMLElement;
  const button = document.querySelector(".run-bar .primary") as HTMLButtonElement;
  return new Promise((resolve) => {
    const began = performance.now();
    let found = NaN;
    new MutationObserver((_, observer) => {
      const said = status.textContent ?? "";
      // Networks are done when they are found.
      if (Number.isNaN(found) && /^(Found|Done)/.test(said)) found = performance.now();
      if (!said.startsWith("Done")) return;
      observer.disconnect();
      prototype.clearRect = clearRect;
      const frames = [...new Set(drawn)].filter((time) => time < found);
      const gaps = frames.slice(1).map((time, k) => time - (frames[k] as number));
      resolve({ found: found - began, done: performance.now() - began, gaps });
    }).observe(status, { subtree: true, childList: true, characterData: true });
    button.click();
  });
}

/** Empty, after a word, where there is no browser. */
export async function lab(): Promise<Figure[]> {
  if ((await findChromium()) === undefined) {
    console.log("the lab: skipped, no Chromium");
    return [];
  }
  const [served, browser] = await Promise.all([serveLab(), openBrowser()]);
  try {
    // What tsx puts around functions is not in the page.
    await browser.context.addInitScript("globalThis.__name = (one) => one");
    const figures: Figure[] = [];
    const firsts: number[] = [];
    for (const { name, settings } of STARTS) {
      const runs: Noted[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const opened = await LabPage.open(browser.context, served.url, { settings });
        // By the page's own clock, which begins when it is asked for.
        firsts.push(await opened.page.evaluate(firstPicture));
        runs.push(await opened.page.evaluate(noteRun));
        await opened.page.close();
      }
      const of = (pick: (run: Noted) => number): number => median(runs.map(pick));
      const mean = (gaps: number[]): number =>
        gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
      figures.push(
        figure(`lab, ${name}: from Run to the lowest level`, of(({ found }) => found) / 1000, "s"),
      );
      figures.push(
        figure(`lab, ${name}: and how certain it is`, of(({ done }) => done) / 1000, "s"),
      );
      figures.push(
        figure(
          `lab, ${name}: pictures of the run in a second`,
          of(({ gaps }) => 1000 / mean(gaps)),
          "",
        ),
      );
      const longest = of(({ gaps }) => Math.max(...gaps));
      figures.push(figure(`lab, ${name}: longest time without one`, longest, "ms"));
    }
    figures.push(
      figure(
        "lab, 20,001 points of 10 states, 4 paths: longest standstill",
        await still(browser, served.url),
        "ms",
      ),
    );
    return [figure("lab: first picture", median(firsts), "ms"), ...figures];
  } finally {
    await browser.close();
    await served.close();
  }
}

/**
 * The longest time between two frames of the page while it draws a run of 200,010 unknowns, in
 * milliseconds.
 */
async function still({ context }: Browser, url: string): Promise<number> {
  const settings = STARTS[0]?.settings as PathSettings;
  const data = { ...settings.data, points: LIMITS.points[1] };
  const opened = await LabPage.open(context, url, {
    settings: { ...settings, data } as PathSettings,
  });
  await opened.shows("x0 (measured)");
  await opened.button("Run").click();
  return opened.page.evaluate(
    (milliseconds) =>
      new Promise<number>((resolve) => {
        const began = performance.now();
        let [last, longest] = [began, 0];
        const look = (): void => {
          const now = performance.now();
          [last, longest] = [now, Math.max(longest, now - last)];
          if (now - began < milliseconds) requestAnimationFrame(look);
          else resolve(longest);
        };
        requestAnimationFrame(look);
      }),
    STILL,
  );
}

/** When a picture is there, in milliseconds since the page was asked for. */
function firstPicture(): Promise<number> {
  return new Promise((resolve) => {
    const look = (): void => {
      const canvas = document.querySelector<HTMLCanvasElement>(".views canvas");
      if (canvas === null || canvas.width === 0) requestAnimationFrame(look);
      else requestAnimationFrame(() => resolve(performance.now()));
    };
    look();
  });
}
