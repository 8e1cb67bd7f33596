// The page's side of the engine.
import type { Ask, FileTable, Prepared, Tell } from "./protocol.js";
import type { Settings } from "../settings.js";

/** What went wrong, in words for a person. */
export class EngineError extends Error {
  /** Of the model's text; null if it is not about that. */
  readonly line: number | null;

  constructor(message: string, line: number | null) {
    super(message);
    this.line = line;
  }
}

/** News of a run, in the order in which they come. */
export type RunNews = Extract<Tell, { type: "prepared" | "rung" | "path" | "done" | "certainty" }>;

interface Waiting {
  /** Asks, and asks again after another engine has taken over. */
  send: () => Promise<void>;
  resolve: (tell: never) => void;
  reject: (error: EngineError) => void;
  onNews?: (news: RunNews) => void;
  /** Of a run: its path is found, and only how certain it is has still to be told. */
  isFound?: boolean;
}

/** A request as the caller makes it: numbers are given here. */
type Unnumbered<A> = A extends { id: number } ? Omit<A, "id"> : never;

/**
 * Milliseconds. How certain a long path is takes steps that nothing interrupts: an engine that is
 * to stop and is busy with one is replaced by another.
 */
const PATIENCE = 300;

export class Engine {
  #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #count = 0;
  /** The file that is open. */
  #file: File | undefined;
  /** While another engine opens it. */
  #opening: Promise<void> | undefined;
  /** Why nothing is answered any more. */
  #death: EngineError | undefined;

  constructor() {
    this.#worker = this.#made();
  }

  async table(file: File): Promise<FileTable> {
    const send = async (id: number): Promise<void> => {
      const bytes = await file.arrayBuffer();
      this.#worker.postMessage({ type: "table", id, name: file.name, bytes } satisfies Ask, [
        bytes,
      ]);
    };
    const { table } = await this.#waitFor<Extract<Tell, { type: "table" }>>(send);
    this.#file = file;
    return table;
  }

  async prepare(settings: Settings): Promise<Prepared> {
    return (await this.#ask<Extract<Tell, { type: "prepared" }>>({ type: "prepare", settings }))
      .prepared;
  }

  /** Resolves when all is told, the certainty included. */
  async run(settings: Settings, resume: boolean, onNews: (news: RunNews) => void): Promise<void> {
    await this.#ask({ type: "run", settings, resume }, onNews);
  }

  stop(): void {
    this.#worker.postMessage({ type: "stop" } satisfies Ask);
    const found = [...this.#waiting].find(([, one]) => one.isFound);
    if (found === undefined) return;
    const [id, one] = found;
    setTimeout(() => this.#waiting.get(id) === one && void this.#replace(id, one), PATIENCE);
  }

  #made(): Worker {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), {
      type: "module",
      name: "least-action-lab",
    });
    const dead = (message: string): void => {
      this.#death = new EngineError(message, null);
      for (const one of this.#waiting.values()) one.reject(this.#death);
      this.#waiting.clear();
    };
    worker.onmessage = ({ data }: MessageEvent<Tell>) => {
      if (data.type === "dead") dead(data.message);
      else this.#take(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      dead(
        `the engine stopped (${event.message || "it could not be loaded"}): reload the page; your settings are in its address`,
      );
    };
    return worker;
  }

  /**
   * By an engine that has the same file open and is asked for whatever else is waited for; the run
   * is at its end.
   */
  async #replace(id: number, { resolve }: Waiting): Promise<void> {
    this.#worker.terminate();
    this.#worker = this.#made();
    this.#waiting.delete(id);
    resolve({ type: "end", id } as never);
    const asked = [...this.#waiting.values()];
    if (this.#file !== undefined) {
      // What cannot be read any more is asked for when it is needed.
      this.#opening = this.table(this.#file).then(
        () => undefined,
        () => undefined,
      );
      await this.#opening;
      this.#opening = undefined;
    }
    for (const one of asked) await one.send();
  }

  #ask<T extends Tell>(ask: Unnumbered<Ask>, onNews?: (news: RunNews) => void): Promise<T> {
    const send = async (id: number): Promise<void> => {
      if (this.#opening !== undefined) await this.#opening;
      this.#worker.postMessage({ ...ask, id });
    };
    return this.#waitFor(send, onNews);
  }

  #waitFor<T extends Tell>(
    send: (id: number) => Promise<void>,
    onNews?: (news: RunNews) => void,
  ): Promise<T> {
    if (this.#death !== undefined) return Promise.reject(this.#death);
    const id = ++this.#count;
    return new Promise<T>((resolve, reject) => {
      const asked = async (): Promise<void> => {
        try {
          await send(id);
        } catch (error) {
          this.#waiting.delete(id);
          reject(error as EngineError);
        }
      };
      this.#waiting.set(id, { send: asked, resolve, reject, ...(onNews && { onNews }) });
      void asked();
    });
  }

  #take(data: Exclude<Tell, { type: "dead" }>): void {
    const one = this.#waiting.get(data.id);
    if (one === undefined) return;
    if (data.type === "failed") one.reject(new EngineError(data.message, data.line));
    else if (one.onNews === undefined) one.resolve(data as never);
    else if (data.type === "end") one.resolve(data as never);
    else {
      if (data.type === "done") one.isFound = !data.outcome.cancelled;
      one.onNews(data as RunNews);
      return;
    }
    this.#waiting.delete(data.id);
  }
}
