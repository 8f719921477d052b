import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ChildProgram, Reply } from '../child.ts';

const ENTRY = fileURLToPath(new URL('../child.ts', import.meta.url));
/** Longer than any measured round. */
const PATIENCE_MS = 300_000;

export interface Child {
  readonly pid: number;
  /** Calls a function of the program and resolves with its answer; what it throws is thrown here. */
  call<T>(name: string, argument?: unknown): Promise<T>;
  /** Calls `stop`, if the program has one, and ends the process. */
  stop(): Promise<void>;
}

export interface ChildOptions {
  readonly profileDirectory?: string | null;
  /** For Node, such as limits of its memory. */
  readonly flags?: readonly string[];
}

/** Starts one of the bench's programs in a process of its own. */
export function startChild(program: ChildProgram, options: ChildOptions = {}): Child {
  const directory = options.profileDirectory ?? null;
  const child = fork(ENTRY, [program], {
    execArgv: [
      '--disable-warning=ExperimentalWarning',
      ...(options.flags ?? []),
      ...(directory === null
        ? []
        : ['--cpu-prof', `--cpu-prof-dir=${directory}`, `--cpu-prof-name=${program}.cpuprofile`]),
    ],
    serialization: 'advanced',
  });
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  const ended = once(child, 'exit').then(([code, signal]) => {
    const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
    waiting.forEach(({ reject }) => reject(new Error(`The program ${program} ended by itself, ${how}.`)));
    waiting.clear();
  });
  child.on('message', ({ id, value, error }: Reply) => {
    const caller = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) {
      caller?.resolve(value);
    } else {
      caller?.reject(new Error(`${program}: ${error}`));
    }
  });
  let last = 0;

  async function call<T>(name: string, argument?: unknown): Promise<T> {
    last += 1;
    const id = last;
    let timer: NodeJS.Timeout | undefined;
    const answer = new Promise<unknown>((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      timer = setTimeout(() => reject(new Error(`${program} did not answer ${name} in time.`)), PATIENCE_MS);
    });
    child.send({ id, name, argument });
    try {
      return (await answer) as T;
    } finally {
      clearTimeout(timer);
      waiting.delete(id);
    }
  }

  return {
    pid: child.pid ?? -1,
    call,
    async stop() {
      if (child.connected) {
        child.disconnect();
      }
      await ended;
    },
  };
}
