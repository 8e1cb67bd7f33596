// The built lab in a browser page, with what a user does and sees there.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Locator, Page } from "playwright-core";
import { build } from "vite";
import { settingsJson, snippetOf } from "../src/export.js";
import { toLink, type Settings } from "../src/settings.js";
import { repository } from "../../../test/consumer.js";
import { complaintsOf } from "../../../test/browser/complaints.js";
import { type Served, serveFolder } from "../../../test/browser/static-server.js";

/** Builds the lab with its own configuration, and serves it below a path as a plain host would. */
export async function serveLab(): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), "least-action-lab-"));
  const configFile = join(repository, "examples/lab/vite.config.ts");
  await build({ configFile, build: { outDir: folder }, logLevel: "error" });
  const { url, close } = await serveFolder(folder, "/some/where/");
  return {
    url,
    async close() {
      await close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Fields of a saved result that the tests read. */
export interface Result {
  settings: Settings;
  outcome: {
    action: number;
    expectedLevel: number;
    verdict: string;
    findings: { message: string }[];
    path: { path: number[]; parameters: Record<string, number>; held: string[] };
  };
  levels: unknown;
}

export class LabPage {
  readonly page: Page;
  readonly complaints: string[];

  private constructor(page: Page, address: string) {
    this.page = page;
    this.complaints = complaintsOf(page, address);
  }

  /** Opens the lab with `settings` in the link, or with `hash` unchanged. */
  static async open(
    context: BrowserContext,
    url: string,
    {
      settings,
      hash,
      width = 1280,
      host = "127.0.0.1",
    }: { settings?: Settings; hash?: string; width?: number; host?: string } = {},
  ): Promise<LabPage> {
    const page = await context.newPage();
    const address = url.replace("127.0.0.1", host);
    const lab = new LabPage(page, address);
    await page.setViewportSize({ width, height: 800 });
    const part = settings === undefined ? hash : toLink(settings);
    await page.goto(part === undefined ? address : `${address}#${part}`);
    return lab;
  }

  button(name: string): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }

  get status(): Locator {
    return this.page.locator(".run-bar .status");
  }

  /** Waits for an error message about this, and returns it. */
  async complaint(about: RegExp): Promise<string> {
    const alert = this.page.getByRole("alert").filter({ hasText: about });
    await alert.waitFor({ timeout: 20_000 });
    return (await alert.textContent()) as string;
  }

  /** Waits until the pictures are drawn from the present settings, a moment after a change. */
  async shows(caption: string | RegExp): Promise<void> {
    await this.page
      .locator(".views figcaption")
      .filter({ hasText: caption })
      .first()
      .waitFor({ timeout: 20_000 });
  }

  /** Waits for the end of the run, and returns the status message. */
  async done(): Promise<string> {
    await this.status.filter({ hasText: /^Done/ }).waitFor({ timeout: 50_000 });
    return (await this.status.textContent()) as string;
  }

  async run(): Promise<string> {
    await this.button("Run").click();
    return this.done();
  }

  /**
   * Runs, and clicks the same button again once it has another name and the run has come to
   * `share`. This happens in the page, as a run does not wait for tests. Returns the time in
   * milliseconds, by the page's clock, until the status is the expected one.
   */
  runAndClick(name: string, expected: RegExp, share = 0): Promise<number> {
    const how = { name, share, expected: expected.source };
    return this.button("Run").evaluate(
      (button, { name, share, expected }) =>
        new Promise<number>((resolve) => {
          const bar = button.closest(".run-bar") as HTMLElement;
          const [progress, status] = [
            bar.querySelector("progress")!,
            bar.querySelector(".status")!,
          ];
          let began: number | undefined;
          const look = (): void => {
            if (began === undefined) {
              if (button.textContent !== name || progress.value < share) return;
              began = performance.now();
              (button as HTMLElement).click();
            } else if (new RegExp(expected).test(status.textContent ?? "")) {
              watch.disconnect();
              resolve(performance.now() - began);
            }
          };
          const watch = new MutationObserver(look);
          watch.observe(bar, {
            subtree: true,
            childList: true,
            characterData: true,
            attributes: true,
          });
          (button as HTMLElement).click();
        }),
      how,
    );
  }

  /** Waits until a run goes on. */
  async runs(): Promise<void> {
    await this.button("Run").click();
    await this.hasCome(0.01);
  }

  /** Waits until the run has come to this share of its whole. */
  async hasCome(share: number): Promise<void> {
    await this.page.waitForFunction(
      (least) => (document.querySelector("progress")?.value ?? 0) > least,
      share,
    );
  }

  /** Text of the element that has the keyboard's focus. */
  focused(): Promise<string> {
    return this.page.evaluate(() => document.activeElement?.textContent ?? "");
  }

  async tab(name: string): Promise<Locator> {
    await this.page.getByRole("tab", { name, exact: true }).click();
    return this.page.getByRole("tabpanel");
  }

  /** Number of pictures of the view with something drawn on them, and number of all. */
  pictures(): Promise<{ drawn: number; all: number }> {
    return this.page.evaluate(async () => {
      // Pictures that are scrolled to are drawn when the browser reports them visible, after a
      // frame.
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      const all = [...document.querySelectorAll<HTMLCanvasElement>(".views canvas")];
      const isDrawn = (canvas: HTMLCanvasElement): boolean => {
        if (canvas.width === 0 || canvas.height === 0) return false;
        // Chromium complains where the canvas itself is read again and again.
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", {
          willReadFrequently: true,
        })!;
        copy.drawImage(canvas, 0, 0);
        const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
        return data.some((value, k) => k % 4 === 3 && value > 0);
      };
      return { drawn: all.filter(isDrawn).length, all: all.length };
    });
  }

  /** Colours of all opaque pixels of the first picture, each as "red,green,blue". */
  async colours(): Promise<Set<string>> {
    const list = await this.page.evaluate(() => {
      const canvas = document.querySelector<HTMLCanvasElement>(".views canvas")!;
      const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", {
        willReadFrequently: true,
      })!;
      copy.drawImage(canvas, 0, 0);
      const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
      const found = new Set<string>();
      for (let k = 0; k < data.length; k += 4)
        if (data[k + 3] === 255) found.add(data.slice(k, k + 3).join());
      return [...found];
    });
    return new Set(list);
  }

  /** Width in pixels by which the page is wider than the window. It must be 0. */
  overflow(): Promise<number> {
    return this.page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth));
  }

  async panel(name: string): Promise<Locator> {
    const panel = this.page
      .locator("details.panel")
      .filter({ has: this.page.locator("summary", { hasText: name }) });
    if (!(await panel.evaluate((one) => (one as HTMLDetailsElement).open))) {
      await panel.locator("> summary").click();
    }
    return panel;
  }

  async savedFile(button: string): Promise<Buffer> {
    await this.panel("Take it with you");
    const [download] = await Promise.all([
      this.page.waitForEvent("download"),
      this.button(button).click(),
    ]);
    return readFileSync(await download.path());
  }

  async saved(button: string): Promise<string> {
    return (await this.savedFile(button)).toString("utf8");
  }

  async result(): Promise<Result> {
    return JSON.parse(await this.saved("Save result")) as Result;
  }

  /** The question which column of an opened file is what. */
  get columns(): Locator {
    return this.page.getByRole("region", { name: /^Columns of / });
  }

  /** Answers this question with what is chosen there. */
  async confirm(): Promise<void> {
    await this.button("These columns are right").click();
    await this.columns.waitFor({ state: "detached" });
  }

  /** Opens a file through the field for data. */
  async openData(name: string, content: Buffer | string): Promise<void> {
    const field = this.page.getByLabel(/^Your own data/);
    await field.setInputFiles({
      name,
      mimeType: "application/octet-stream",
      buffer: Buffer.from(content),
    });
  }

  /** Opens settings as "Save settings" writes them, and waits until the page has taken them. */
  async openSettings(settings: Settings, content = settingsJson(settings)): Promise<void> {
    await this.panel("Take it with you");
    const buffer = Buffer.from(content);
    await this.page
      .getByLabel("Open saved settings")
      .setInputFiles({ name: "least-action.json", mimeType: "application/json", buffer });
    const taken = snippetOf(settings);
    await this.page.waitForFunction(
      (code) => document.querySelector("pre.code")?.textContent === code,
      taken,
    );
  }

  async snippet(): Promise<string> {
    await this.panel("Take it with you");
    return (await this.page.locator("pre.code").textContent()) as string;
  }
}
