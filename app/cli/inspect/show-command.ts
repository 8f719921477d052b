import { artifactKey, type ArtifactName } from '../../store/artifacts.ts';
import type { Stores } from '../../store/stores.ts';
import type { Task } from '../../task/task.ts';
import type { CliCommand, FlagValues } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { renderTask } from './render-task.ts';
import { tokensPerLine } from '../../report/render/render-quote.ts';
import {
  attemptDocument,
  costDocument,
  eventDocument,
  queueDocument,
  taskDocument,
} from '../../control/task-document.ts';
import { findTask, reportUnknownTask } from './find-task.ts';
import { withStores, type Inspection } from './with-stores.ts';

const FILES = {
  prompt: { artifact: 'prompt.json', description: 'print the prompt the agent was given' },
  patch: { artifact: 'changes.patch', description: 'print the changes as a patch, also those that were withheld' },
  log: { artifact: 'agent.log', description: 'print a log: agent, setup or verify' },
} as const satisfies Record<string, { artifact: ArtifactName; description: string }>;
const LOGS = { agent: 'agent.log', setup: 'setup.log', verify: 'verify.log', worker: 'worker.log' } as const;
type FileFlag = keyof typeof FILES;

/** `bosun show ID`: all of one task: facts, events, cost, and on request its prompt, patch or log. */
export const showCommand: CliCommand = {
  name: 'show',
  summary: 'Show everything about one task',
  positional: ['ID'],
  flags: {
    prompt: { type: 'boolean', description: FILES.prompt.description },
    patch: { type: 'boolean', description: FILES.patch.description },
    log: { type: 'string', value: Object.keys(LOGS).join('|'), description: FILES.log.description },
    attempt: {
      type: 'string',
      value: 'N',
      description: 'of this attempt (default: the last one that left such a file)',
    },
    json: { type: 'boolean', description: 'print one JSON document' },
  },
  examples: [
    'bosun show 01KAH3M8RZ0W6Y2F4T5N7Q9XCD',
    'bosun show 01KAH3M8RZ0W6Y2F4T5N7Q9XCD --log setup',
    'bosun show 01KAH3M8RZ0W6Y2F4T5N7Q9XCD --patch | git apply',
  ],
  async run({ args, flags, output }) {
    const wanted = (Object.keys(FILES) as FileFlag[]).filter(
      (flag) => flags[flag] === true || typeof flags[flag] === 'string',
    );
    const attempt = readAttempt(flags);
    if (wanted.length > 1) {
      output.problem(`print one file at a time, found --${wanted.join(' and --')}`, 'Leave all but one of them out.');
      return EXIT.usage;
    }
    if (attempt === 'wrong') {
      const found = String(flags['attempt']);
      output.problem(`--attempt takes a whole number from 1, found "${found}"`, 'Leave it out for the last attempt.');
      return EXIT.usage;
    }
    // `--log` alone is the agent's.
    const log = typeof flags['log'] === 'string' && flags['log'] !== '' ? flags['log'] : 'agent';
    if (!isLog(log)) {
      output.problem(`there is no log "${log}"`, `Name one of ${Object.keys(LOGS).join(', ')}.`);
      return EXIT.usage;
    }
    return withStores(output, async (stores, inspection) => {
      const task = await findTask(stores, args[0] ?? '');
      if (task === null) {
        return reportUnknownTask(args[0] ?? '', output);
      }
      const [flag] = wanted;
      return flag === undefined
        ? showTask(task, { stores, inspection, output })
        : printFile(task, {
            flag,
            artifact: flag === 'log' ? LOGS[log] : FILES[flag].artifact,
            attempt,
            inspection,
            output,
          });
    });
  },
};

function readAttempt(flags: FlagValues): number | null | 'wrong' {
  const given = flags['attempt'];
  if (given === undefined) {
    return null;
  }
  return /^[1-9]\d{0,5}$/.test(String(given)) ? Number(given) : 'wrong';
}

async function showTask(task: Task, from: { stores: Stores; inspection: Inspection; output: Output }): Promise<number> {
  const { attempts, tasks } = from.stores;
  const [attempt, position, events, totals, keys] = await Promise.all([
    task.epoch === 0 ? null : attempts.find({ taskId: task.id, epoch: task.epoch }),
    task.wait?.reason === 'slot' ? tasks.position(task.id) : null,
    tasks.events(task.id),
    attempts.totals(task.id),
    from.inspection.artifacts.list(`${task.id}/`),
  ]);
  if (from.output.json) {
    from.output.document({
      task: taskDocument(task),
      attempt: attempt === null ? null : attemptDocument(attempt),
      queue: position === null ? null : queueDocument(position),
      cost: {
        ...costDocument(totals),
        tokens_per_changed_line: tokensPerLine(totals, task.outcome?.linesChanged),
      },
      events: events.map(eventDocument),
      files: keys.map((key) => key.slice(task.id.length + 1)),
    });
    return EXIT.done;
  }
  const here = `${task.id}/${task.epoch}/`;
  const files = keys.filter((key) => key.startsWith(here)).map((key) => key.slice(here.length));
  from.output.result(renderTask({ task, attempt, position, events, totals, files }, from.output));
  return EXIT.done;
}

async function printFile(
  task: Task,
  request: {
    flag: FileFlag;
    artifact: ArtifactName;
    attempt: number | null;
    inspection: Inspection;
    output: Output;
  },
): Promise<number> {
  const { artifact, attempt, flag, inspection, output } = request;
  const epochs = attempt === null ? Array.from({ length: task.epoch }, (_, index) => task.epoch - index) : [attempt];
  for (const epoch of epochs) {
    const bytes = await inspection.artifacts.get(artifactKey({ taskId: task.id, epoch }, artifact));
    if (bytes !== null) {
      output.file(flag === 'prompt' && !output.json ? readablePrompt(bytes) : bytes);
      return EXIT.done;
    }
  }
  const which = attempt === null ? 'no attempt' : `attempt ${attempt}`;
  const left = attempt === null ? 'has' : 'does not have';
  output.problem(
    `${which} of task ${task.id} ${left} a ${artifact}`,
    `See what there is with \`bosun show ${task.id}\`.`,
  );
  return EXIT.failed;
}

/** The two parts one after the other, as the model reads them. A file in another form is printed as it is. */
function readablePrompt(bytes: Uint8Array): Uint8Array {
  const prompt: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
  if (typeof prompt !== 'object' || prompt === null || !('system' in prompt) || !('user' in prompt)) {
    return bytes;
  }
  return Buffer.from(`=== system ===\n\n${String(prompt.system)}\n\n=== user ===\n\n${String(prompt.user)}\n`);
}

function isLog(name: string): name is keyof typeof LOGS {
  return Object.hasOwn(LOGS, name);
}
