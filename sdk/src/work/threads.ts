// Working in other threads, of whatever kind they are.
import { LeastActionError, textOf } from "../errors.js";
import { compiledModule } from "../instance.js";
import { workHere } from "./here.js";
import type { Reply, Request, WorkerData } from "./protocol.js";
import { untilDisposed } from "./disposal.js";
import type { Crew, Job, Task, Work, Working } from "./work.js";

/** A worker thread, as browsers and Node both have it. */
export interface Thread {
  post(request: Request): void;
  /** Before anything is posted. */
  listen(onReply: (reply: Reply) => void, onDeath: (reason: string) => void): void;
  /** At once, whatever it does; it says no more. */
  end(): Promise<void> | void;
}

/**
 * Milliseconds in which a cancelled thread that shares no memory has to answer: what it told of
 * last is taken then, and the rung that it is busy with would not have counted.
 */
const GRACE = 80;

/**
 * As many threads as `work` asks for, at most one per core if it does not; each is given the next
 * job when it is done with one, and keeps what it has made of the task. None survives the work.
 */
export function threadsBy(open: (data: WorkerData) => Thread, cores: number): Working {
  return (work) => (work.workers === 0 ? workHere(work) : new Threads(open, cores, work));
}

class Threads<T extends Task, J extends Job, S, R> implements Crew<J> {
  readonly #open: (data: WorkerData) => Thread;
  readonly #most: number;
  readonly #work: Work<T, J, S, R>;
  readonly #members: Member<T, J, S, R>[] = [];
  /** Pages have shared memory only with the headers that isolate them. */
  readonly #cancel =
    typeof SharedArrayBuffer === "undefined" ? undefined : new SharedArrayBuffer(4);
  #grace: ReturnType<typeof setTimeout> | undefined;

  constructor(open: (data: WorkerData) => Thread, cores: number, work: Work<T, J, S, R>) {
    this.#open = open;
    this.#most = work.workers ?? cores;
    this.#work = work;
    work.signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  async do(jobs: readonly J[]): Promise<void> {
    if (this.#work.signal?.aborted) return;
    const count = Math.min(this.#most, jobs.length);
    const rest = jobs.values();
    const done: Promise<void>[] = [];
    for (let k = 0; k < count; k += 1) done.push(this.#member(k).serve(rest));
    await untilDisposed(Promise.all(done));
  }

  async end(): Promise<void> {
    clearTimeout(this.#grace);
    this.#work.signal?.removeEventListener("abort", this.#onAbort);
    await Promise.all(this.#members.map((member) => member.end()));
  }

  /** Made when it is first needed. */
  #member(k: number): Member<T, J, S, R> {
    return (this.#members[k] ??= new Member(this.#thread(), this.#work));
  }

  #thread(): Thread {
    const { kind, task, onSoFar } = this.#work;
    const follow = onSoFar !== undefined;
    const data: WorkerData = { module: compiledModule(), task, follow, cancel: this.#cancel };
    try {
      return this.#open(data);
    } catch (error) {
      throw workerDied(textOf(error), kind, null);
    }
  }

  readonly #onAbort = (): void => {
    if (this.#cancel !== undefined) {
      Atomics.store(new Int32Array(this.#cancel), 0, 1);
      return;
    }
    for (const member of this.#members) member.cancel();
    if (!this.#work.kind.tellsOnTheWay) return;
    this.#grace = setTimeout(() => this.#members.forEach((one) => one.giveUp()), GRACE);
  };
}

/** A thread, and what it does for the work. */
class Member<T extends Task, J extends Job, S, R> {
  readonly #thread: Thread;
  readonly #work: Work<T, J, S, R>;
  #jobs: Iterator<J> | undefined;
  #job: J | undefined;
  /** What its job has told of last. */
  #told: { result: R } | undefined;
  #dead: LeastActionError | undefined;
  #settled: { resolve: () => void; reject: (error: unknown) => void } | undefined;

  constructor(thread: Thread, work: Work<T, J, S, R>) {
    this.#thread = thread;
    this.#work = work;
    thread.listen(
      (reply) => this.#guarded(() => this.#take(reply)),
      (reason) => {
        this.#dead = workerDied(reason, work.kind, this.#job?.start ?? null);
        this.#settled?.reject(this.#dead);
      },
    );
  }

  /** Gives the thread jobs until there are none, or the work is cancelled. */
  serve(jobs: Iterator<J>): Promise<void> {
    this.#jobs = jobs;
    const done = new Promise<void>((resolve, reject) => (this.#settled = { resolve, reject }));
    // A thread that cannot be made leaves those before it without anybody who waits for them.
    done.catch(() => undefined);
    this.#guarded(() => {
      if (this.#dead !== undefined) throw this.#dead;
      this.#next();
    });
    return done;
  }

  cancel(): void {
    this.#thread.post({ type: "cancel" });
  }

  /** Takes what its job has told of last for its result. */
  giveUp(): void {
    if (this.#job === undefined) return;
    const last = this.#told;
    this.#job = undefined;
    this.#guarded(() => {
      if (last !== undefined) this.#work.onResult(last.result);
      this.#settled?.resolve();
    });
  }

  end(): Promise<void> | void {
    return this.#thread.end();
  }

  #next(): void {
    this.#job = this.#work.signal?.aborted ? undefined : this.#jobs?.next().value;
    this.#told = undefined;
    if (this.#job === undefined) this.#settled?.resolve();
    else this.#thread.post({ type: "job", job: this.#job });
  }

  #take(reply: Reply): void {
    const { kind, onStep, onSoFar, onResult } = this.#work;
    if (reply.type === "error") throw errorOf(reply, kind, this.#job?.start ?? null);
    if (reply.type === "result") {
      onSoFar?.(reply.result as R);
      onResult(reply.result as R);
      this.#next();
      return;
    }
    if (reply.soFar !== undefined) {
      this.#told = { result: reply.soFar as R };
      onSoFar?.(this.#told.result);
    }
    onStep(reply.start, reply.step as S);
  }

  #guarded(what: () => void): void {
    try {
      what();
    } catch (error) {
      this.#settled?.reject(error);
    }
  }
}

/** A kind of work as errors name it. */
type Named = { readonly job: string };

function errorOf(
  { message, facts }: Reply & { type: "error" },
  kind: Named,
  start: number | null,
): LeastActionError {
  return facts.code === "panic"
    ? workerDied(facts.reason, kind, start)
    : new LeastActionError(message, facts);
}

function workerDied(reason: string, { job }: Named, start: number | null): LeastActionError {
  const at = start === null ? "" : ` at ${job} ${start}`;
  const message = `workers: a worker thread died${at}: ${reason}. The others were stopped; \`workers: 0\` runs without threads.`;
  return new LeastActionError(message, { code: "workerDied", path: "workers", start, reason });
}
