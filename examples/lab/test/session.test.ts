// Tests of the page's state without the page: runs and their messages, opened files, and an engine
// that dies.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Engine, type RunNews } from "../src/engine/client.js";
import type { Ask, FileTable, Outcome, PreparedPath } from "../src/engine/protocol.js";
import { checkSize, savedSettings, stepOf, withFile } from "../src/files.js";
import { begun, type Change, changed, type Session, unseenTable } from "../src/session.js";
import type { FileData, PathSettings, Settings } from "../src/settings.js";
import { STARTS } from "../src/starts.js";

const settings = STARTS[0]?.settings as PathSettings;
const prepared = { kind: "path", settings } as PreparedPath;

const after = (session: Session, ...changes: Change[]): Session => changes.reduce(changed, session);
const ready = after(begun(settings, null), { type: "prepared", of: settings, prepared });

const done = (cancelled: boolean): RunNews => ({
  type: "done",
  id: 1,
  outcome: { cancelled, seconds: 1, action: 1, verdict: "consistent", path: null } as Outcome,
});

test("what goes wrong with a file leaves a run alone", () => {
  const running = after(ready, { type: "running", newRun: 1, resume: false });
  expect(after(running, { type: "trouble", message: "bad.csv: no" })).toEqual({
    ...running,
    trouble: "bad.csv: no",
  });
  // An error before a run is shown too, and the next action removes it.
  const troubled = after(ready, { type: "trouble", message: "bad.csv: no" });
  expect(troubled.refusal).toBeNull();
  expect(after(troubled, { type: "running", newRun: 1, resume: false }).trouble).toBeNull();
  expect(after(troubled, { type: "settings", settings: { ...settings } }).trouble).toBeNull();
});

test("a run that is stopped before it has anything can be begun again", () => {
  const stopped = after(
    ready,
    { type: "running", newRun: 1, resume: false },
    { type: "pausing" },
    { type: "ended", run: 1 },
  );
  expect(stopped).toMatchObject({ phase: "idle", refusal: null, trouble: null });
  expect(stopped.status).toMatch(/press Run/);
});

test("a run that fails says why, and what it had before is still there", () => {
  const paused = after(
    ready,
    { type: "running", newRun: 1, resume: false },
    { type: "pausing" },
    { type: "news", run: 1, news: [done(true)] },
    { type: "ended", run: 1 },
  );
  expect(paused.phase).toBe("paused");
  const failed = after(
    paused,
    { type: "running", newRun: 2, resume: true },
    { type: "failed", run: 2, message: "a worker died" },
  );
  expect(failed).toMatchObject({
    phase: "paused",
    trouble: "a worker died",
    refusal: null,
    outcome: paused.outcome,
  });
});

test("a run that goes on shows what is being found; stopped before that, what it had", () => {
  const paused = after(
    ready,
    { type: "running", newRun: 1, resume: false },
    { type: "news", run: 1, news: [done(true)] },
    { type: "ended", run: 1 },
  );
  const again = after(paused, { type: "running", newRun: 2, resume: true });
  expect(again).toMatchObject({
    outcome: null,
    certainty: null,
    phase: "running",
    climbers: paused.climbers,
  });
  expect(after(again, { type: "ended", run: 2 })).toMatchObject({
    outcome: paused.outcome,
    phase: "paused",
  });
  const end = after(
    again,
    { type: "news", run: 2, news: [done(false)] },
    { type: "ended", run: 2 },
  );
  expect(end).toMatchObject({ phase: "done", outcome: { cancelled: false } });
});

test("what is wrong with settings stays until others are judged, and is not said twice", () => {
  const refusal = { message: "no state x", line: 2 };
  const refused = after(ready, { type: "refused", of: settings, refusal });
  const other = { ...settings };
  const typed = after(refused, { type: "settings", settings: other });
  expect(typed).toMatchObject({ refusal, isFresh: false });
  expect(after(typed, { type: "prepared", of: other, prepared })).toMatchObject({
    refusal: null,
    isFresh: true,
  });
  const troubled = after(ready, { type: "trouble", message: "bad.csv: no" });
  expect(after(troubled, { type: "refused", of: settings, refusal }).trouble).toBe("bad.csv: no");
  const failed = after(
    ready,
    { type: "running", newRun: 1, resume: false },
    { type: "failed", run: 1, message: refusal.message },
    { type: "refused", of: settings, refusal },
  );
  expect(failed).toMatchObject({ refusal, trouble: null, phase: "idle" });
});

test("news of an earlier run, or of earlier settings, are nobody's", () => {
  const second = after(
    ready,
    { type: "running", newRun: 1, resume: false },
    { type: "news", run: 1, news: [done(false)] },
    { type: "skipping" },
    { type: "running", newRun: 2, resume: false },
  );
  expect(second.outcome).toBeNull();
  for (const change of [
    { type: "news", run: 1, news: [done(false)] },
    { type: "ended", run: 1 },
    { type: "failed", run: 1, message: "no" },
    { type: "refused", of: { ...settings }, refusal: { message: "no", line: null } },
  ] satisfies Change[]) {
    expect(after(second, change)).toBe(second);
  }
  const other = after(second, { type: "settings", settings: { ...settings } });
  expect(after(other, { type: "ended", run: 2 })).toBe(other);
});

test("how certain a path is can be skipped, and is done when it is told", () => {
  const found = after(
    ready,
    { type: "running", newRun: 1, resume: false },
    { type: "news", run: 1, news: [done(false)] },
  );
  expect(found.phase).toBe("certainty");
  for (const end of [{ type: "skipping" }, { type: "ended", run: 1 }] satisfies Change[]) {
    expect(after(found, end).phase).toBe("done");
    expect(after(found, end).status).toMatch(/^Done/);
  }
});

const tableOf = (name: string, columns: string[], steps: FileTable["steps"] = {}): FileTable => ({
  name,
  columns,
  others: [],
  rows: 10,
  head: [],
  steps,
});

test("columns are guessed by their names alone, and times by their steps", () => {
  const found = withFile(settings, tableOf("a.csv", ["Time", "b", "x3", "c"], { Time: 0.1, b: 7 }));
  expect(found.data).toEqual({
    from: "file",
    name: "a.csv",
    time: "Time",
    timeStep: 0.1,
    columns: { x0: "", x3: "x3", x6: "", x8: "" },
  });
  expect(withFile(settings, tableOf("a.csv", ["b"])).data).toMatchObject({
    time: null,
    timeStep: 0.025,
  });
});

test("no column is guessed twice, and a temperature is no time", () => {
  const two = { ...settings, observed: ["x0", "x3"] };
  expect(withFile(two, tableOf("a.csv", ["time", "x3", "x6"])).data).toMatchObject({
    columns: { x0: "x6", x3: "x3" },
  });
  // A day's number is a time, not the measurement that is left.
  for (const name of ["hours", "day", "Time (s)", "t_ms", "number"])
    expect(withFile(two, tableOf("a.csv", [name, "T"], { [name]: 1 })).data).toMatchObject({
      time: name,
      timeStep: 1,
      columns: { x0: "", x3: "" },
    });
  expect(withFile(two, tableOf("a.csv", ["hosts", "T"])).data).toMatchObject({ time: null });
  expect(withFile(two, tableOf("a.csv", ["T", "x0"], { T: 2 })).data).toMatchObject({
    time: "T",
    timeStep: 2,
  });
  expect(
    withFile({ ...two, observed: ["t"] }, tableOf("a.csv", ["t"], { t: 2 })).data,
  ).toMatchObject({ time: null });
});

test("columns are to be seen: those of each file, and again after every change", () => {
  const table = tableOf("a.csv", ["time", "x0", "x3"], { time: 1 });
  const of = { ...settings, observed: ["x0"] };
  const choose = (next: Settings): Change => ({ type: "settings", settings: next });
  expect(unseenTable(ready)).toBeNull();
  const opened = after(ready, { type: "table", table }, choose(withFile(of, table)));
  expect(unseenTable(opened)).toBe(table);
  const seen = after(opened, { type: "confirmed" });
  expect(unseenTable(seen)).toBeNull();
  const { data } = withFile(of, table) as { data: FileData };
  // A number that is no column leaves it; other columns, states or files do not.
  expect(unseenTable(after(seen, choose({ ...of, data, measurementPrecision: 7 })))).toBeNull();
  for (const other of [
    { ...of, data: { ...data, time: null } },
    { ...of, data: { ...data, columns: { x0: "x3" } } },
    { ...of, data, observed: ["x0", "x3"] },
  ]) {
    const changed = after(seen, choose(other));
    expect(unseenTable(changed)).toBe(table);
    expect(unseenTable(after(changed, choose({ ...of, data })))).toBeNull();
  }
  expect(unseenTable(after(seen, { type: "table", table: { ...table } }))).not.toBeNull();
  expect(unseenTable(after(seen, choose(settings)))).toBeNull();
});

test("names of every object are names like others", () => {
  const of = { ...settings, observed: ["constructor", "toString"] };
  const found = withFile(of, tableOf("a.csv", ["valueOf", "toString"]));
  expect(found.data).toMatchObject({ columns: { constructor: "valueOf", toString: "toString" } });
  expect(stepOf({}, "constructor", 0.5)).toBe(0.5);
});

test("what a link says of its file is kept when the file is opened", () => {
  const data: FileData = {
    from: "file",
    name: "a.csv",
    time: null,
    timeStep: 0.5,
    columns: { x0: "c", x3: "b", x6: "lost", x8: "a" },
  };
  const table = tableOf("a.csv", ["time", "a", "b", "c", "x6"], { time: 0.1 });
  expect(withFile({ ...settings, data }, table).data).toEqual({
    ...data,
    columns: { ...data.columns, x6: "x6" },
  });
  // Chosen columns that the next file has too stay chosen. It has other times, which are found.
  expect(withFile({ ...settings, data }, { ...table, name: "b.csv" }).data).toMatchObject({
    time: "time",
    timeStep: 0.1,
    columns: { x0: "c", x3: "b", x8: "a" },
  });
});

test("files that are too long are not read; settings come from results too", () => {
  expect(() => checkSize({ name: "a.csv", size: 3e9 })).toThrow(
    /a\.csv: has 2861 MB; at most 64 .*Leave out/,
  );
  checkSize({ name: "a.csv", size: 60e6 });
  expect(savedSettings("a.json", JSON.stringify(settings))).toEqual(settings);
  expect(savedSettings("a.json", JSON.stringify({ settings, outcome: null }))).toEqual(settings);
  expect(() => savedSettings("a.json", "[1]")).toThrow(/settings/);
});

/** Stand-in for the page's workers; `made` lists them in the order of their making. */
class FakeWorker {
  static made: FakeWorker[] = [];
  onmessage: (event: { data: unknown }) => void = () => undefined;
  onerror: (event: unknown) => void = () => undefined;
  readonly asked: Ask[] = [];
  isOver = false;
  constructor() {
    FakeWorker.made.push(this);
  }
  postMessage(ask: Ask): void {
    this.asked.push(ask);
  }
  terminate(): void {
    this.isOver = true;
  }
}

describe("an engine", () => {
  beforeEach(() => {
    vi.stubGlobal("Worker", FakeWorker);
    vi.useFakeTimers();
    FakeWorker.made = [];
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  test("that has died says so to whoever asks", async () => {
    const engine = new Engine();
    const before = engine.prepare(settings);
    FakeWorker.made[0]?.onerror({ preventDefault: () => undefined, message: "out of memory" });
    await expect(before).rejects.toThrow(/out of memory.*reload/);
    await expect(engine.prepare(settings)).rejects.toThrow(/out of memory.*reload/);
    await expect(engine.run(settings, false, () => undefined)).rejects.toThrow(/reload/);
  });

  test.each(["certainty", "path"])(
    "that is told to stop while it looks for a %s",
    async (phase) => {
      const engine = new Engine();
      const [first] = FakeWorker.made as [FakeWorker];
      const opened = engine.table(new File(["x"], "a.csv"));
      await vi.waitFor(() => expect(first.asked).toHaveLength(1));
      first.onmessage({ data: { type: "table", id: 1, table: tableOf("a.csv", ["x"]) } });
      await opened;
      let isOver = false;
      const run = engine.run(settings, false, () => undefined).then(() => (isOver = true));
      if (phase === "certainty") first.onmessage({ data: { ...done(false), id: 2 } });
      engine.stop();
      const waited = engine.prepare(settings);
      await vi.advanceTimersByTimeAsync(1000);
      if (phase === "path") {
        // Its paths answer, or their threads are ended; in both cases the results so far are kept.
        expect(FakeWorker.made).toHaveLength(1);
        expect(isOver).toBe(false);
        return;
      }
      // The stopped run is over. Another engine has opened the file, and is asked the waiting
      // requests.
      await run;
      expect(first.isOver).toBe(true);
      const [, second] = FakeWorker.made as [FakeWorker, FakeWorker];
      await vi.waitFor(() => expect(second.asked.map(({ type }) => type)).toEqual(["table"]));
      const [{ id }] = second.asked as unknown as [{ id: number }];
      const meanwhile = engine.prepare(settings);
      second.onmessage({ data: { type: "table", id, table: tableOf("a.csv", ["x"]) } });
      await vi.waitFor(() =>
        expect(second.asked.map(({ type }) => type)).toEqual(["table", "prepare", "prepare"]),
      );
      for (const { id } of second.asked.slice(1) as unknown as { id: number }[])
        second.onmessage({ data: { type: "prepared", id, prepared } });
      expect(await Promise.all([waited, meanwhile])).toEqual([prepared, prepared]);
    },
  );
});
