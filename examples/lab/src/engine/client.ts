// The page's side of the engine.
import type { Ask, FileTable, Prepared, Tell } from "./protocol.js";
import type { Settings } from "../settings.js";

/** An error of the engine, with a message for the user. */
export class EngineError extends Error {
  /**
   * Line of the model's text that the error is about, from 1; null if it is about something else.
   */
  readonly line: number | null;

  constructor(message: string, line: number | null) {
    super(message);
    this.line = line;
  }
}

/** Messages about a run, in the order in which they arrive. */
export type RunNews = Extract<Tell, { type: "prepared" | "rung" | "path" | "done" | "certainty" }>;

interface Waiting {
  /** Sends the request; called again after the engine has been replaced. */
  send: () => Promise<void>;
  resolve: (tell: never) => void;
  reject: (error: EngineError) => void;
  onNews?: (news: RunNews) => void;
  /** Set for a run once its path is found and only its uncertainty is still to come. */
  isFound?: boolean;
}

/** A request without its number, which is assigned here. */
type Unnumbered<A> = A extends { id: number } ? Omit<A, "id"> : never;

/**
 * Time in milliseconds that a stopped engine has to answer before it is replaced. Computing the
 * uncertainty of a long path has steps that nothing can interrupt.
 */
const PATIENCE = 300;

export class Engine {
  #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #count = 0;
  /** The open file. */
  #file: File | undefined;
  /** The opening of the file by a replaced engine, while it lasts. */
  #opening: Promise<void> | undefined;
  /** The error that ended the engine; all later requests reject with it. */
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

  /** Runs the settings. Resolves when everything has been told, the uncertainty included. */
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
        `the engine stopped (${event.message || "it could not be loaded"}): reload the ` +
          "page; your settings are in its address",
      );
    };
    return worker;
  }

  /**
   * Replaces the engine by a new one, which opens the same file and repeats all other waiting
   * requests. The run with this number ends.
   */
  async #replace(id: number, { resolve }: Waiting): Promise<void> {
    this.#worker.terminate();
    this.#worker = this.#made();
    this.#waiting.delete(id);
    resolve({ type: "end", id } as never);
    const asked = [...this.#waiting.values()];
    if (this.#file !== undefined) {
      // A failure to read the file is reported by the request that needs it.
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
