// The script of a worker in browsers. It is bundled and is part of the entries as text.
import { textOf } from "./errors.js";
import { kinds } from "./kinds.js";
import type { Request } from "./work/protocol.js";
import { serve } from "./work/serve.js";
import type { FirstMessage, OwnMessage } from "./work/threads.browser.js";

/** Function that answers requests, once the worker is set up. */
let ready: Promise<(request: Request) => Promise<void>> | undefined;

/** Sends a message about the worker itself. */
const tell = (message: OwnMessage): void => postMessage(message);

/**
 * Requests the lock and keeps it as long as the worker lives; the promise resolves when it is held.
 * Pages in an insecure context have no locks and cannot notice that a worker is gone.
 */
function holdLock(lock: string): Promise<void> {
  const locks = navigator.locks as LockManager | undefined;
  if (locks === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    const held = (): Promise<void> => {
      tell({ type: "ready" });
      resolve();
      return new Promise(() => undefined);
    };
    locks.request(lock, held).catch(() => resolve());
  });
}

/** Sets the worker up. */
async function begin({ data, lock }: FirstMessage): Promise<(request: Request) => Promise<void>> {
  await holdLock(lock);
  return serve(kinds, data, (reply) => postMessage(reply));
}

/** Handles a message. */
async function take(message: FirstMessage | Request): Promise<void> {
  if (message.type === "begin") await (ready = begin(message));
  else await (await ready)?.(message);
}

addEventListener("message", ({ data }: MessageEvent<FirstMessage | Request>) => {
  // A rejection would only be seen in the console.
  take(data).catch((error: unknown) => tell({ type: "died", reason: textOf(error) }));
});
