/** What a program offers to the bench that started it; `stop` is called before the process ends. */
export type Calls = Readonly<Record<string, (argument: never) => Promise<unknown>>>;

/** Each measured program loads what it needs and nothing else. */
const PROGRAMS = {
  'generate-load': async (): Promise<Calls> => (await import('./intake/generate-load.ts')).generateLoad,
  'run-orchestrator': async (): Promise<Calls> => (await import('./lifecycle/run-orchestrator.ts')).runOrchestrator,
  'run-dbos': async (): Promise<Calls> => (await import('./peers/run-dbos.ts')).runDbos,
  'run-graphile': async (): Promise<Calls> => (await import('./peers/run-graphile.ts')).runGraphile,
  'run-pg-boss': async (): Promise<Calls> => (await import('./peers/run-pg-boss.ts')).runPgBoss,
  'ping-pg-boss': async (): Promise<Calls> => (await import('./latency/ping-pg-boss.ts')).pingPgBoss,
  'run-bosun': async (): Promise<Calls> => (await import('./journey/run-bosun.ts')).runBosun,
  'serve-bare': async (): Promise<Calls> => (await import('./intake/serve-bare.ts')).serveBare,
  'serve-bosun': async (): Promise<Calls> => (await import('./intake/serve-bosun.ts')).serveBosun,
  'serve-door': async (): Promise<Calls> => (await import('./door/serve-door.ts')).serveDoor,
  'serve-model': async (): Promise<Calls> => (await import('./door/serve-model.ts')).serveModel,
  'serve-probot': async (): Promise<Calls> => (await import('./intake/serve-probot.ts')).serveProbot,
} as const;

export type ChildProgram = keyof typeof PROGRAMS;

export interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

interface Request {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

async function main(): Promise<void> {
  const calls = await PROGRAMS[process.argv[2] as ChildProgram]();
  process.on('message', ({ id, name, argument }: Request) => {
    void answer(calls, { name, argument }).then((reply) => process.send?.({ id, ...reply }));
  });
  process.once('disconnect', () => {
    // `process.exit` also writes the CPU profile, where one was asked for.
    void (calls['stop']?.(undefined as never) ?? Promise.resolve()).finally(() => process.exit());
  });
}

async function answer(calls: Calls, { name, argument }: Omit<Request, 'id'>): Promise<Omit<Reply, 'id'>> {
  try {
    const call = calls[name];
    if (call === undefined) {
      return { error: `there is no ${name}` };
    }
    return { value: await call(argument as never) };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

await main();
