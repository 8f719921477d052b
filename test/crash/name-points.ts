import type { WrapPort } from '../../app/main/wrap-ports.ts';

/** What changes something that lasts. Questions are left out: dying beside one is dying beside the act before it. */
const ACTS: Readonly<Record<string, readonly string[]>> = {
  inbox: ['record', 'take', 'settle', 'defer', 'park', 'claimCommand'],
  tasks: ['admit', 'claim', 'adopt', 'move', 'record', 'requestStop', 'resume', 'raiseBudget'],
  attempts: ['prepare', 'heartbeat', 'progress', 'finish', 'warn', 'draw', 'settle'],
  checks: ['open', 'report', 'finish', 'record', 'close', 'keepBase'],
  outbox: ['add', 'take', 'settle', 'retryLater'],
  reports: ['takeDirty', 'save', 'settle', 'retryLater'],
  keys: ['write'],
  artifacts: ['put', 'append', 'remove'],
  github: [
    'createPull',
    'updatePull',
    'createComment',
    'updateComment',
    'minimizeComment',
    'addReaction',
    'createCheckRun',
    'updateCheckRun',
    'withRepositoryToken',
    'withCommitWriter',
  ],
  mirrors: ['refresh', 'remove'],
  repositories: ['prepare', 'pin', 'remove'],
  compute: ['start', 'stop', 'clean'],
};

/** Loops ask for work all the time; only having been given some is a point. */
const TAKES = new Set(['inbox.take', 'outbox.take', 'reports.takeDirty', 'tasks.claim', 'tasks.adopt']);

/** How often the same call is told apart in one journey; a worker's beat and its log come as often as they like. */
const MOST = 6;
const FEW: Readonly<Record<string, number>> = {
  'attempts.heartbeat': 1,
  'attempts.progress': 2,
  'artifacts.append': 1,
  'attempts.warn': 1,
};

/** `tasks.move>FINALIZING:before`, `github.updateComment#2:after`. Counted from the first delivery on. */
export type Reach = (point: string) => void;

/** Ports that tell of every act before it and after it. */
export function namePoints(reach: Reach): WrapPort {
  const counts = new Map<string, number>();

  function count(call: string): number {
    const nth = (counts.get(call) ?? 0) + 1;
    counts.set(call, nth);
    return nth;
  }

  async function pass(call: string, args: readonly unknown[], act: (...given: unknown[]) => unknown): Promise<unknown> {
    if (TAKES.has(call)) {
      const taken = await act(...args);
      if (Array.isArray(taken) ? taken.length > 0 : taken !== null) {
        const nth = count(call);
        tell(call, { nth, phase: 'after' });
      }
      return taken;
    }
    const name = call + detailOf(args);
    const nth = count(name);
    tell(name, { nth, phase: 'before' });
    const given = args.map((one) => (typeof one === 'function' ? between(one as Act, { name, nth }) : one));
    const result = await act(...given);
    tell(name, { nth, phase: 'after' });
    return result;
  }

  /** What is done with a token, between its minting and its end. */
  function between(use: Act, { name, nth }: { name: string; nth: number }): Act {
    return async (...args) => {
      tell(name, { nth, phase: 'given' });
      const result = await use(...args);
      tell(name, { nth, phase: 'used' });
      return result;
    };
  }

  function tell(name: string, { nth, phase }: { nth: number; phase: string }): void {
    const call = name.replace(/>.*/, '');
    if (nth <= (FEW[call] ?? MOST)) {
      reach(`${name}${nth === 1 ? '' : `#${nth}`}:${phase}`);
    }
  }

  return (portName, port) =>
    new Proxy(port, {
      get(target, key): unknown {
        const value: unknown = Reflect.get(target, key);
        const isAct = typeof key === 'string' && ACTS[portName]?.includes(key) === true;
        return isAct ? (...args: unknown[]) => pass(`${portName}.${key}`, args, (value as Act).bind(target)) : value;
      },
    });
}

type Act = (...args: unknown[]) => unknown;

/** Tells moves, records and puts apart by what they are about. */
function detailOf(args: readonly unknown[]): string {
  const [first, second] = args;
  if (typeof first === 'string') {
    // The key of an artifact or of a message: its last part is what it is.
    return first.includes('/')
      ? `>${first.slice(first.lastIndexOf('/') + 1).replace(/^[0-9a-f]{40,}\.|-\d+$/g, '')}`
      : '';
  }
  if (second === 'read' || second === 'publish') {
    return `>${second}`;
  }
  const request = (first ?? {}) as { to?: string; event?: { kind: string }; reporter?: string };
  const detail = request.to ?? request.event?.kind ?? request.reporter;
  return typeof detail === 'string' ? `>${detail}` : '';
}
