import { z } from 'zod';
import { AgentChoice } from './agents.ts';
import { PackageRegistry } from './packages.ts';
import { EFFORTS } from './tiers.ts';

/** A door on another machine. */
export const RemoteDoor = z.object({
  /** `https:` with a host and a port, nothing else. */
  url: z.url({ protocol: /^https$/ }),
  /** The only certificates to trust, as PEM; the usual authorities when absent. */
  certificate: z.string().max(65_536).optional(),
  /** The name that the certificate has to be for, where it is not the host of the URL. */
  serverName: z.string().max(253).optional(),
});
export type RemoteDoor = z.infer<typeof RemoteDoor>;

/** What every worker is handed. */
const session = {
  version: z.literal(1),
  taskId: z.string(),
  epoch: z.number().int().min(1),
  door: z.object({
    /**
     * Base URL as the worker sees it. With `socketPath` the worker listens there itself and forwards: to this Unix socket,
     * or, where it is a directory, to any in it that answers.
     */
    url: z.url(),
    socketPath: z.string().max(107).optional(),
    /** The worker listens at `url` and forwards over TLS: the door is on another machine. */
    remote: RemoteDoor.optional(),
    token: z.string().min(32),
  }),
  git: z.object({
    /** Branch to start from, as the door's remote names it. */
    startBranch: z.string(),
    startSha: z.string(),
    /** The only ref the door accepts a push to, without `refs/heads/`. */
    workBranch: z.string(),
    authorName: z.string(),
    authorEmail: z.string(),
    /** Commits of history to clone; absent or 0 is all. */
    depth: z.number().int().min(0).optional(),
    /** Directories to check out; absent is all of them. */
    sparse: z.array(z.string().min(1)).optional(),
    /** Submodules to check out, one that contains another first; the door's remote has each under a ref. */
    submodules: z.array(z.object({ path: z.string(), ref: z.string(), sha: z.string() })).optional(),
    /** Whether to fetch the files that Git LFS stores. */
    lfs: z.boolean().optional(),
  }),
  /** What the image of the worker sets for programs in it, such as `JAVA_HOME`; absent where there is no image. */
  environment: z.record(z.string(), z.string()).optional(),
  /** Directory to work in; must exist and hold nothing but a prepared environment. */
  workDir: z.string(),
  /** On another machine: sends what it made to the door, or gets what it starts from there. */
  carriesEnvironment: z.enum(['send', 'fetch']).optional(),
  /** Wall clock left for the session; the worker winds up one minute before. */
  timeoutMs: z.number().int().min(1_000),
  heartbeatMs: z.number().int().min(100),
};

/**
 * What a worker is handed: one JSON file, mode 0400, its path the worker's only argument. It holds the door's
 * token, so it is read and unlinked before anything else runs. It holds no other credential.
 */
export const Job = z.object({
  ...session,
  kind: z.literal('work').optional(),
  agent: AgentChoice,
  model: z.string(),
  /** How much the model is asked to think; absent is its own default. */
  effort: z.enum(EFFORTS).optional(),
  /**
   * Where an earlier attempt is continued: whether the conversation of its agent was kept, so that the door has it.
   * Absent when there is nothing to continue.
   */
  conversation: z.enum(['kept', 'none']).optional(),
  maxTurns: z.number().int().min(1),
  prompt: z.object({ system: z.string(), user: z.string() }),
  /** What stands in place of the prompt where the agent really continues its earlier conversation. */
  continuation: z.string().optional(),
  /** JSON schema of the `output` that the agent has to hand over with its summary. */
  outputSchema: z.record(z.string(), z.unknown()).optional(),
  /** Shell command that tests the work once it is done, in another session; the agent may run it before. */
  verify: z.string().optional(),
  /** Sub-directory the work is about; the agent starts there. */
  path: z.string().optional(),
});
export type Job = z.infer<typeof Job>;

/**
 * Sets up an environment: the base commit and the set-up commands, nothing that people or a model wrote. The door gives
 * its token the base branch and packages, and nothing else.
 */
export const PrepareJob = z.object({
  ...session,
  kind: z.literal('prepare'),
  /** Shell commands, run one after the other in the root of the clone until one fails. */
  setup: z.array(z.string()).min(1),
  /** Most that each of them may take; absent: the time of the session. */
  setupTimeoutsMs: z.array(z.number().int().min(1)).optional(),
  /** Package registries the door mirrors for this session. */
  packages: z.object({ registries: z.array(PackageRegistry) }).optional(),
});
export type PrepareJob = z.infer<typeof PrepareJob>;

/**
 * Runs checks at one commit: the commands of the base and the commit, nothing that people or a model wrote beside it. The
 * door gives its token that commit, and takes events and reports.
 */
export const CheckJob = z.object({
  ...session,
  kind: z.literal('check'),
  checks: z
    .array(
      z.object({
        name: z.string(),
        run: z.string(),
        timeoutMs: z.number().int().min(1),
        /** Path in the checkout of a report that the command writes. */
        report: z.string().optional(),
      }),
    )
    .min(1),
});
export type CheckJob = z.infer<typeof CheckJob>;

export const AnyJob = z.union([PrepareJob, CheckJob, Job]);
export type AnyJob = z.infer<typeof AnyJob>;
