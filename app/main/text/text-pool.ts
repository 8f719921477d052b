import { Worker } from 'node:worker_threads';
import type { CleanOptions } from '../../text/clean-output.ts';
import { TOO_SLOW, type TextJob, type TextWork } from '../../text/bounded/text-work.ts';
import type { FoundSecret, Redactor } from '../../text/redact.ts';
import type { VisibleText } from '../../text/visible-text.ts';
import type { Logger } from '../../telemetry/log.ts';
import type { ToThread } from './text-thread.ts';

const THREADS = 2;
const DEADLINE_MS = 3_000;
/** Files are larger than texts, and encodings are taken off them layer by layer. */
const FILE_DEADLINES = 3;
/** More at once is refused as if it had taken too long. */
const MAX_BYTES = 64 * 1024 * 1024;
const HEAP_MB = 512;
const START_MS = 60_000;

export interface TextPool extends TextWork, Pick<Redactor, 'add' | 'forget'> {
  close(): Promise<void>;
}

interface Waiting {
  readonly job: TextJob;
  readonly give: (answer: unknown) => void;
}

/**
 * Text work in threads of its own, so that no input stops the event loop. A thread that has not answered in time, or ran out
 * of its own memory, is ended and replaced, and the job is answered with what `TOO_SLOW` says. Threads are started when
 * there is something to do and keep no process alive.
 */
export function createTextPool(options: {
  readonly secrets: readonly string[];
  readonly log: Pick<Logger, 'warn'>;
  readonly threads?: number;
  readonly deadlineMs?: number;
}): TextPool {
  const { deadlineMs = DEADLINE_MS, log, threads = THREADS } = options;
  const secrets = new Set(options.secrets);
  const idle: Worker[] = [];
  const all = new Set<Worker>();
  const ready = new WeakSet<Worker>();
  const queue: Waiting[] = [];
  let isClosed = false;

  function startThread(): Worker {
    const worker = new Worker(new URL('text-thread.ts', import.meta.url), {
      workerData: [...secrets],
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
      // What the process was given stays with it.
      env: {},
    });
    // One that failed is known by what it did not answer
    worker.on('error', () => undefined);
    worker.unref();
    all.add(worker);
    return worker;
  }

  function next(): void {
    const waiting = queue[0];
    if (waiting === undefined || (idle.length === 0 && all.size >= threads) || isClosed) {
      return;
    }
    queue.shift();
    void run(idle.pop() ?? startThread(), waiting).finally(next);
    next();
  }

  async function run(worker: Worker, { job, give }: Waiting): Promise<void> {
    // A thread that is not held on to would not keep the process until it has answered.
    worker.ref();
    const result = await exchange(worker, job);
    if ('answer' in result) {
      worker.unref();
      idle.push(worker);
      give(result.answer);
      return;
    }
    log.warn('Untrusted text took too long to process and is left out', {
      work: job.kind,
      why: result.failure,
    });
    all.delete(worker);
    await worker.terminate();
    give(TOO_SLOW[job.kind]);
  }

  /** The time a new thread needs for its modules does not count. */
  async function exchange(worker: Worker, job: TextJob): Promise<Heard> {
    if (!ready.has(worker)) {
      const started = await hear(worker, START_MS);
      if ('failure' in started) {
        return started;
      }
      ready.add(worker);
    }
    send(worker, { kind: 'job', job });
    return hear(worker, job.kind === 'findSecrets' ? FILE_DEADLINES * deadlineMs : deadlineMs);
  }

  function ask(job: TextJob, bytes: number): Promise<unknown> {
    if (isClosed || bytes > MAX_BYTES) {
      return Promise.resolve(TOO_SLOW[job.kind]);
    }
    return new Promise((resolve) => {
      queue.push({ job, give: resolve });
      next();
    });
  }

  function tell(kind: 'add' | 'forget', secret: string): void {
    secrets[kind === 'add' ? 'add' : 'delete'](secret);
    all.forEach((worker) => send(worker, { kind, secret }));
  }

  return {
    visible: async (markdown) => (await ask({ kind: 'visible', markdown }, markdown.length)) as VisibleText,
    clean: async (markdown: string, how: CleanOptions) =>
      (await ask({ kind: 'clean', markdown, options: how }, markdown.length)) as string,
    findSecrets: async (content) =>
      (await ask({ kind: 'findSecrets', content }, content.length)) as readonly FoundSecret[],
    add: (secret) => tell('add', secret),
    forget: (secret) => tell('forget', secret),
    async close() {
      isClosed = true;
      queue.splice(0).forEach(({ job, give }) => give(TOO_SLOW[job.kind]));
      await Promise.all([...all].map((worker) => worker.terminate()));
    },
  };
}

type Heard = { readonly answer: unknown } | { readonly failure: string };

/** The next message of a thread, or why there is none. */
function hear(worker: Worker, deadlineMs: number): Promise<Heard> {
  const { promise, resolve } = Promise.withResolvers<Heard>();
  const answered = (answer: unknown): void => resolve({ answer });
  const failed = (why: unknown): void =>
    resolve({ failure: why instanceof Error ? why.message : `exit ${String(why)}` });
  const timer = setTimeout(() => resolve({ failure: 'deadline' }), deadlineMs);
  worker.once('message', answered).once('error', failed).once('exit', failed);
  return promise.finally(() => {
    clearTimeout(timer);
    worker.off('message', answered).off('error', failed).off('exit', failed);
  });
}

function send(worker: Worker, message: ToThread): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  worker.postMessage(message);
}
