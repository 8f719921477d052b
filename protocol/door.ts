import { z } from 'zod';
import { WORKER_STEPS } from './steps.ts';

import { storableText } from './text.ts';

/** Text of a worker, at most so long, cleaned as it comes in. */
function text(maxLength: number): z.ZodType<string, string> {
  return z.string().max(maxLength).transform(storableText);
}

/**
 * All a worker can reach. One base URL and one bearer token per attempt; the same paths on HTTP and on a Unix socket.
 * Every answer of the door to a stale attempt is 409 with code `STALE_EPOCH`.
 */
export const DOOR_PATHS = {
  /** Base URL for an Anthropic-compatible SDK; it appends `/v1/messages`. */
  model: '/door/v1/model',
  /** Git remote: clone, fetch and push. */
  git: '/door/v1/git/repository.git',
  /** GET and PUT: what the agent's program keeps of its conversation, for the next attempt. */
  conversation: '/door/v1/conversation',
  /** POST one event or an array of them; answers `DoorOrders`. */
  events: '/door/v1/events',
  /** GET and HEAD below `/<registry>/`: package mirrors, open while an environment is prepared. */
  packages: '/door/v1/packages',
  /** POST a `JoinRequest`, without a token: answers the job that waits for its code, once. */
  join: '/door/v1/join',
  /** PUT what a prepare session made, GET what a work session starts from: one tar archive. */
  environment: '/door/v1/environment',
  /** PUT below `/<check>`: the report file that a check wrote. */
  report: '/door/v1/report',
  /** GET: whether the door answers, without a token. */
  health: '/door/v1/health',
} as const;

/** Behind `DOOR_PATHS.git`, with the hash of the content: GET, a file that Git LFS stores. */
export const LFS_OBJECTS = '/info/lfs/objects/';

/** What the worker tells. Strict on write, tolerant on read: unknown keys are dropped. */
export const WorkerEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('heartbeat') }),
  z.object({
    type: z.literal('progress'),
    phase: z.enum(WORKER_STEPS),
    /** Model turns taken so far. */
    turn: z.number().int().min(0).optional(),
    /** One line for people: what is being done. */
    note: text(500).optional(),
  }),
  z.object({
    type: z.literal('log'),
    stream: z.enum(['worker', 'agent', 'setup', 'verify']),
    /** A piece of output as it came; pieces of one stream are joined as they are. */
    text: text(16_384),
  }),
  z.object({ type: z.literal('finished'), result: z.lazy(() => WorkerResult) }),
  /** The end of a prepare session, as `finished` is of a work session. */
  z.object({ type: z.literal('prepared'), result: z.lazy(() => PrepareResult) }),
  /** A check began; once it has ended, `run` says how. */
  z.object({ type: z.literal('check'), name: z.string().max(100), run: z.lazy(() => CheckReport).optional() }),
  /** The end of a check session. */
  z.object({ type: z.literal('checked'), result: z.lazy(() => CheckedResult) }),
]);
export type WorkerEvent = z.infer<typeof WorkerEvent>;

/** What the door answers to events: whether to continue, stop soon, and how the money stands. */
export const DoorOrders = z.object({
  /** `stop`: commit, push what there is and finish (cancel, timeout or pause); `wrap_up`: the budget is nearly used. */
  order: z.enum(['continue', 'wrap_up', 'stop']),
});
export type DoorOrders = z.infer<typeof DoorOrders>;

/** How a command the repository asked for ended. */
export const CommandRun = z.object({
  command: z.string().transform(storableText),
  exitCode: z.number().int().nullable(),
  durationMs: z.number().int().min(0),
  /** The last lines of its output, at most 8 KiB, redacted. */
  outputTail: text(10_000),
  /** It was ended because it took too long. */
  timedOut: z.boolean().optional(),
});
export type CommandRun = z.infer<typeof CommandRun>;

/** How a prepare session ended. */
export const PrepareResult = z.object({
  /** `nothing_to_do`: the last command ended with 78, and its last line says why. */
  ending: z.enum(['ready', 'setup_failed', 'nothing_to_do', 'stopped', 'error']),
  /** The commands that were run, in their order; of those that failed there is one at most, the last. */
  runs: z.array(CommandRun).max(100).default([]),
  /** One line on why it ended so, for `error` and `stopped`. */
  reason: text(2_000).optional(),
});
export type PrepareResult = z.infer<typeof PrepareResult>;

/** How a check ended, as its session saw it. */
export const CheckReport = CommandRun.extend({
  /** The report file that its step names: sent to the door, not found, or too large to be sent. */
  report: z.enum(['sent', 'missing', 'too_large']).optional(),
});
export type CheckReport = z.infer<typeof CheckReport>;

/** How a check session ended. */
export const CheckedResult = z.object({
  ending: z.enum(['done', 'stopped', 'error']),
  /** One line on why it ended so, for `error` and `stopped`. */
  reason: text(2_000).optional(),
});
export type CheckedResult = z.infer<typeof CheckedResult>;

/** The worker's own account. It is evidence, never the outcome: that is inferred from what GitHub holds. */
export const WorkerResult = z.object({
  ending: z.enum([
    'done',
    'question',
    'budget',
    'max_turns',
    'stopped',
    'model_error',
    'agent_error',
    'setup_failed',
    'error',
  ]),
  /** The agent's summary in Markdown; untrusted text. */
  summary: text(20_000).default(''),
  /** With `question`: what a person must answer first. */
  questions: z.array(text(2_000)).max(3).default([]),
  turns: z.number().int().min(0).default(0),
  /** What the agent handed over where its job asks for it; untrusted, and not yet checked against the schema. */
  output: z.json().optional(),
  /** Of an agent with an earlier attempt: whether its program continued that conversation, and if not, why. */
  conversation: z.object({ resumed: z.boolean(), reason: text(500).optional() }).optional(),
  setup: CommandRun.optional(),
  /** Of workers of before version 0.4, which ran the tests themselves. */
  verify: CommandRun.optional(),
  /** Files that are not in the commit although the repository does not ignore them; untrusted text. */
  leftOut: z.array(z.string().max(400)).max(40).optional(),
  /** One line on why it ended so, for `…_error`, `setup_failed` and `error`. */
  reason: text(2_000).optional(),
  /** Machine code of the door's or the provider's refusal, when that ended it (`BUDGET_EXHAUSTED`, `MODEL_AUTH`, …). */
  code: text(100).optional(),
});
export type WorkerResult = z.infer<typeof WorkerResult>;

/** Codes in the body of the door's refusals: `{ "type": "error", "error": { "type": code, "message": … } }`. */
export const DOOR_CODES = {
  UNKNOWN_TOKEN: 401,
  STALE_EPOCH: 409,
  BUDGET_EXHAUSTED: 403,
  BUDGET_WRAP_UP: 403,
  /** This token is of a session that may not do this: prepare and check sessions have no model and push nothing. */
  SESSION_NOT_ALLOWED: 403,
  UNKNOWN_MODEL: 400,
  NO_PRICE: 400,
  FORBIDDEN_TOOL: 400,
  FORBIDDEN_FIELD: 400,
  BAD_REQUEST: 400,
  TOO_LARGE: 413,
  TOO_MANY_REQUESTS: 429,
  NOT_FOUND: 404,
  REF_NOT_ALLOWED: 403,
  METHOD_NOT_ALLOWED: 405,
  /** Package mirrors are open to the session that prepares an environment, and to no other. */
  PACKAGES_CLOSED: 403,
  /** The registry, the path or the name is not one the operator allows. */
  PACKAGE_NOT_ALLOWED: 403,
  PACKAGE_TOO_LARGE: 413,
  /** The attempt has used up its requests or bytes. */
  PACKAGES_LIMIT: 403,
  /** The registry did not answer, refused, or sent something incomplete. */
  PACKAGES_UPSTREAM: 502,
  MODEL_AUTH: 502,
  MODEL_UNAVAILABLE: 503,
  STORE_UNAVAILABLE: 503,
  /** An error of the door's own; the log of the server has it. */
  INTERNAL: 500,
} as const;
export type DoorCode = keyof typeof DOOR_CODES;
