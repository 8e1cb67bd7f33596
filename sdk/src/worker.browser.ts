// The script of a worker in browsers. It is bundled, and comes along with the entries as text.
import { textOf } from "./errors.js";
import { kinds } from "./kinds.js";
import type { Request } from "./work/protocol.js";
import { serve } from "./work/serve.js";
import type { FirstMessage, OwnMessage } from "./work/threads.browser.js";

/** Answers requests, once there is something to answer with. */
let ready: Promise<(request: Request) => Promise<void>> | undefined;

const tell = (message: OwnMessage): void => postMessage(message);

/**
 * Takes the lock for ever, and resolves when it is held. Pages that are not served safely have no
 * locks, and cannot tell that a worker is gone.
 */
function live(lock: string): Promise<void> {
  const locks = navigator.locks as LockManager | undefined;
  if (locks === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    const held = (): Promise<void> => {
      tell({ type: "lives" });
      resolve();
      return new Promise(() => undefined);
    };
    locks.request(lock, held).catch(() => resolve());
  });
}

async function begin({ data, lock }: FirstMessage): Promise<(request: Request) => Promise<void>> {
  await live(lock);
  return serve(kinds, data, (reply) => postMessage(reply));
}

async function take(message: FirstMessage | Request): Promise<void> {
  if (message.type === "begin") await (ready = begin(message));
  else await (await ready)?.(message);
}

addEventListener("message", ({ data }: MessageEvent<FirstMessage | Request>) => {
  // A rejection would be told to nobody but the console.
  take(data).catch((error: unknown) => tell({ type: "died", reason: textOf(error) }));
});
