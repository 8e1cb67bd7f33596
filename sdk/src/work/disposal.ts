// Ending all work that is under way.
import { LeastActionError } from "../errors.js";

const waiting = new Set<(error: LeastActionError) => void>();

/** The promise, or a rejection once everything is disposed of. */
export function untilDisposed<T>(promise: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    waiting.add(reject);
    promise.then(resolve, reject).finally(() => waiting.delete(reject));
  });
}

/** Rejects whatever is waited for. */
export function endWork(): void {
  const message = "dispose: called while this was under way, which ended it";
  for (const reject of waiting) reject(new LeastActionError(message, { code: "freed", path: "dispose" }));
  waiting.clear();
}
