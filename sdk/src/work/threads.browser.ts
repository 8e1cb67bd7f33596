// Work in the web workers of a browser.
import { workerSource } from "../../generated/worker-source.js";
import { LeastActionError } from "../errors.js";
import { workInThisThread } from "./here.js";
import type { Reply, WorkerData } from "./protocol.js";
import { type Thread, threadsBy } from "./threads.js";
import type { Working } from "./work.js";

/** Message to a worker that precedes all requests. */
export interface FirstMessage {
  /** Kind of the message. */
  type: "begin";
  /** Data that the worker is started with. */
  data: WorkerData;
  /** Name of a lock that the worker has to hold as long as it lives. */
  lock: string;
}

/** Message from a worker about itself. */
export type OwnMessage =
  /** Report that the worker holds its lock. */
  | { type: "ready" }
  /** Report that the worker has failed and cannot go on. */
  | { type: "died"; reason: string };

/**
 * Way of working in web workers. They are made from a blob, so that neither bundlers nor servers
 * have to know the address of a file.
 */
export const workInBrowser: Working = (work) => {
  if (typeof Worker === "undefined") {
    if (!work.workers) return workInThisThread(work);
    const message =
      `workers: there are no workers here, so ${work.workers} cannot be had; ` +
      "leave it out, or say 0";
    throw new LeastActionError(message, {
      code: "workerDied",
      path: "workers",
      start: null,
      reason: "no workers",
    });
  }
  let url: string | undefined;
  const open = (data: WorkerData): Thread => {
    url ??= URL.createObjectURL(new Blob([workerSource], { type: "text/javascript" }));
    return threadOf(new Worker(url, { name: "least-action" }), data);
  };
  const pool = threadsBy(open, navigator.hardwareConcurrency)(work);
  return {
    do: (jobs) => pool.do(jobs),
    async end() {
      await pool.end();
      if (url !== undefined) URL.revokeObjectURL(url);
    },
  };
};

/** Prefix of the names of locks. It is random, because all pages of a site share their locks. */
const lockNames = `least-action-${Math.random().toString(36).slice(2)}`;
/** Number of locks so far. */
let lockCount = 0;

/** Starts a worker and wraps it as a thread. */
function threadOf(worker: Worker, data: WorkerData): Thread {
  const lock = `${lockNames}-${lockCount++}`;
  const ended = new AbortController();
  worker.postMessage({ type: "begin", data, lock } satisfies FirstMessage);
  return {
    post: (request) => worker.postMessage(request),
    listen(onReply, onDeath) {
      worker.onmessage = ({ data }: MessageEvent<Reply | OwnMessage>) => {
        if (data.type === "died") onDeath(data.reason);
        else if (data.type === "ready")
          whenLockIsFree(lock, ended.signal, () => onDeath("it was terminated"));
        else onReply(data);
      };
      worker.onerror = (event) => {
        // The error rejects the promise of the work, so it need not appear in the console.
        event.preventDefault();
        const unknown =
          "its script could not be loaded; " +
          "a Content-Security-Policy must allow it by worker-src blob:";
        onDeath(event.message || unknown);
      };
      worker.onmessageerror = () => onDeath("a message could not be read");
    },
    end() {
      ended.abort();
      worker.onmessage = worker.onerror = worker.onmessageerror = null;
      worker.terminate();
    },
  };
}

/**
 * Calls a function when a lock is free. Browsers do not report the end of a worker, but its locks
 * are free then. Pages in an insecure context have no locks, so that the end is not noticed there.
 */
function whenLockIsFree(lock: string, signal: AbortSignal, what: () => void): void {
  const locks = navigator.locks as LockManager | undefined;
  locks?.request(lock, { signal }, what).catch(() => undefined);
}
