// Ending all work that is under way.
import { LeastActionError } from "../errors.js";
import { breathe } from "./breathe.js";

const waiting = new Set<(error: LeastActionError) => void>();

/** How often everything was disposed of. */
let disposals = 0;

/** The promise, or a rejection once everything is disposed of. */
export function untilDisposed<T>(promise: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    waiting.add(reject);
    promise.then(resolve, reject).finally(() => waiting.delete(reject));
  });
}

/**
 * Lets the thread go for a moment, for work in this thread that begins now; rejects if everything has been disposed of since it began, also if another module was loaded afterwards.
 */
export function breaths(): () => Promise<void> {
  const begun = disposals;
  return async () => {
    await breathe();
    if (disposals !== begun) throw disposed();
  };
}

/** Rejects whatever is waited for. */
export function endWork(): void {
  disposals += 1;
  for (const reject of waiting) reject(disposed());
  waiting.clear();
}

function disposed(): LeastActionError {
  const message = "dispose: called while this was under way, which ended it";
  return new LeastActionError(message, { code: "freed", path: "dispose" });
}
