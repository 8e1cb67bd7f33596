// Working in the workers of a browser.
import { workerSource } from "../../generated/worker-source.js";
import { LeastActionError } from "../errors.js";
import { workHere } from "./here.js";
import type { Reply, WorkerData } from "./protocol.js";
import { type Thread, threadsBy } from "./threads.js";
import type { Working } from "./work.js";

/** To a worker before all requests. */
export interface FirstMessage {
  type: "begin";
  data: WorkerData;
  /** The name of a lock that it is to hold as long as it lives. */
  lock: string;
}

/** From a worker about itself. */
export type OwnMessage =
  /** It has the lock. */
  | { type: "lives" }
  /** It cannot go on. */
  | { type: "died"; reason: string };

/**
 * The workers are made of a blob: there is no file whose address a bundler or a server would have
 * to be told of.
 */
export const workInBrowser: Working = (work) => {
  if (typeof Worker === "undefined") {
    if (!work.workers) return workHere(work);
    const message = `workers: there are no workers here, so ${work.workers} cannot be had; leave it out, or say 0`;
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
  const crew = threadsBy(open, navigator.hardwareConcurrency)(work);
  return {
    do: (jobs) => crew.do(jobs),
    async end() {
      await crew.end();
      if (url !== undefined) URL.revokeObjectURL(url);
    },
  };
};

/** Locks are of all pages of a site. */
const lockNames = `least-action-${Math.random().toString(36).slice(2)}`;
let lockCount = 0;

function threadOf(worker: Worker, data: WorkerData): Thread {
  const lock = `${lockNames}-${lockCount++}`;
  const ended = new AbortController();
  worker.postMessage({ type: "begin", data, lock } satisfies FirstMessage);
  return {
    post: (request) => worker.postMessage(request),
    listen(onReply, onDeath) {
      worker.onmessage = ({ data }: MessageEvent<Reply | OwnMessage>) => {
        if (data.type === "died") onDeath(data.reason);
        else if (data.type === "lives")
          whenFree(lock, ended.signal, () => onDeath("it was terminated"));
        else onReply(data);
      };
      worker.onerror = (event) => {
        // It is told to whoever waits for the work, and is no news for the console.
        event.preventDefault();
        const unknown =
          "its script could not be loaded; a Content-Security-Policy must allow it by worker-src blob:";
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
 * Browsers say nothing when a worker is gone; but its locks are free then. Where pages are not
 * served safely there are none, and nobody can tell.
 */
function whenFree(lock: string, signal: AbortSignal, what: () => void): void {
  const locks = navigator.locks as LockManager | undefined;
  locks?.request(lock, { signal }, what).catch(() => undefined);
}
