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
  resolve: (tell: never) => void;
  reject: (error: EngineError) => void;
  onNews?: (news: RunNews) => void;
}

/** A request as the caller makes it: numbers are given here. */
type Unnumbered<A> = A extends { id: number } ? Omit<A, "id"> : never;

export class Engine {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #count = 0;
  /** Why nothing is answered any more. */
  #death: EngineError | undefined;

  constructor() {
    this.#worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "least-action-lab" });
    const dead = (message: string): void => {
      this.#death = new EngineError(message, null);
      for (const one of this.#waiting.values()) one.reject(this.#death);
      this.#waiting.clear();
    };
    this.#worker.onmessage = ({ data }: MessageEvent<Tell>) => {
      if (data.type === "dead") dead(data.message);
      else this.#take(data);
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      dead(
        `the engine stopped (${event.message || "it could not be loaded"}): reload the page; your settings are in its address`,
      );
    };
  }

  async table(name: string, bytes: ArrayBuffer): Promise<FileTable> {
    return (await this.#ask<Extract<Tell, { type: "table" }>>({ type: "table", name, bytes }, { transfer: [bytes] }))
      .table;
  }

  async prepare(settings: Settings): Promise<Prepared> {
    return (await this.#ask<Extract<Tell, { type: "prepared" }>>({ type: "prepare", settings })).prepared;
  }

  /** Resolves when all is told, the certainty included. */
  async run(settings: Settings, resume: boolean, onNews: (news: RunNews) => void): Promise<void> {
    await this.#ask({ type: "run", settings, resume }, { onNews });
  }

  stop(): void {
    this.#worker.postMessage({ type: "stop" } satisfies Ask);
  }

  #ask<T extends Tell>(
    ask: Unnumbered<Ask>,
    { transfer = [], onNews }: { transfer?: Transferable[]; onNews?: (news: RunNews) => void } = {},
  ): Promise<T> {
    if (this.#death !== undefined) return Promise.reject(this.#death);
    const id = ++this.#count;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, ...(onNews && { onNews }) });
      this.#worker.postMessage({ ...ask, id }, transfer);
    });
  }

  #take(data: Exclude<Tell, { type: "dead" }>): void {
    const one = this.#waiting.get(data.id);
    if (one === undefined) return;
    if (data.type === "failed") one.reject(new EngineError(data.message, data.line));
    else if (one.onNews === undefined) one.resolve(data as never);
    else if (data.type === "end") one.resolve(data as never);
    else {
      one.onNews(data as RunNews);
      return;
    }
    this.#waiting.delete(data.id);
  }
}
