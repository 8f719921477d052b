import { z } from 'zod';
import { TASK_STATES, TASK_TYPES, WAIT_REASONS } from '../../../protocol/index.ts';
import { TASK_ACTIONS } from '../../control/act-on-task.ts';
import { USAGE_GROUPS } from '../../store/task-lists.ts';

const usd = z.number().describe('US dollars.');
const time = z.iso.datetime();

/** What the API answers with. Fields are only ever added. */
export const TaskBody = z
  .object({
    id: z.string(),
    type: z.enum(TASK_TYPES),
    state: z.enum(TASK_STATES),
    epoch: z.number().int().describe('The number of the last attempt; 0 before the first.'),
    wait: z.object({ reason: z.enum(WAIT_REASONS), note: z.string().nullable(), wake_at: time }).nullable(),
    stop_requested: z.object({ kind: z.enum(['cancel', 'pause']), by: z.string(), at: time }).nullable(),
    repository: z.string().describe('`owner/name`.'),
    issue: z.object({ number: z.number().int(), title: z.string() }),
    requested_by: z.string(),
    trigger_url: z.string().nullable(),
    model: z.string(),
    priority: z.number().int(),
    budget_usd: usd,
    spent_usd: usd,
    unsettled_usd: usd,
    branch: z.string(),
    base: z.string().nullable(),
    pull_request: z
      .object({
        number: z.number().int(),
        url: z.string().nullable(),
        head_sha: z.string().nullable(),
        branch: z.string(),
      })
      .nullable(),
    outcome: z.record(z.string(), z.unknown()).nullable(),
    failure: z.record(z.string(), z.unknown()).nullable(),
    retry_of: z.string().nullable(),
    created_at: time,
    started_at: time.nullable(),
    finished_at: time.nullable(),
  })
  .meta({ id: 'Task' });

export const TaskList = z
  .object({ tasks: z.array(TaskBody), next_cursor: z.string().nullable().describe('Null on the last page.') })
  .meta({ id: 'TaskList' });

export const TaskDetail = z
  .object({
    task: TaskBody,
    attempts: z.array(z.record(z.string(), z.unknown())),
    queue: z.record(z.string(), z.unknown()).nullable(),
    cost: z.record(z.string(), z.unknown()),
    files: z.array(z.string()).describe('`<attempt>/<name>` of what it left.'),
  })
  .meta({ id: 'TaskDetail' });

export const EventList = z
  .object({
    events: z.array(
      z.object({
        seq: z.number().int(),
        at: time,
        epoch: z.number().int(),
        kind: z.string(),
        state: z.enum(TASK_STATES),
        data: z.record(z.string(), z.unknown()),
      }),
    ),
  })
  .meta({ id: 'EventList' });

export const RepositoryList = z
  .object({ repositories: z.array(z.object({ id: z.number().int(), name: z.string() })) })
  .meta({ id: 'RepositoryList' });

export const UsageList = z
  .object({
    from: time,
    to: time,
    rows: z.array(z.object({ key: z.string(), tasks: z.number().int(), published: z.number().int(), usd })),
  })
  .meta({ id: 'UsageList' });

export const ActionRequest = z
  .strictObject({
    action: z.enum(TASK_ACTIONS),
    usd: z.number().positive().max(9_000_000).optional().describe('With `top-up`: how much to add.'),
    from_scratch: z.boolean().optional().describe('With `retry`: start over instead of continuing from the last work.'),
    commit: z
      .string()
      .regex(/^[0-9a-f]{7,64}$/)
      .optional()
      .describe('With `release`: the commit that was looked at.'),
  })
  .meta({ id: 'ActionRequest' });

export const ActionAnswer = z
  .object({ code: z.string(), message: z.string(), task: TaskBody })
  .meta({ id: 'ActionAnswer' });

export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.string().describe('For programs.'),
    detail: z.string().describe('For people.'),
  })
  .meta({ id: 'Problem' });

export const EventsQuery = z.object({
  after: z.coerce.number().int().nonnegative().default(0).describe('Only events with a higher `seq`.'),
});

export const LogQuery = z.object({
  attempt: z.coerce.number().int().positive().optional().describe('The last one, if it is left out.'),
  offset: z.coerce.number().int().nonnegative().default(0).describe('The first byte to send.'),
});

export const UsageQueryFields = z.object({
  by: z.enum(USAGE_GROUPS).default('day').describe('What is summed up together.'),
  days: z.coerce.number().int().min(1).max(366).default(7).describe('Tasks that were created in so many days.'),
});
