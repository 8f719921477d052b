import { formatUsd } from '../../budget/money.ts';
import { artifactKey, type ArtifactName } from '../../store/artifacts.ts';
import type { Stores } from '../../store/stores.ts';
import type { TaskEvent } from '../../task/events.ts';
import type { Task } from '../../task/task.ts';
import type { CliCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { withStores, type Inspection } from './with-stores.ts';

const ARTIFACT_FLAGS = {
  prompt: { artifact: 'prompt.json', description: 'print the prompt the agent was given' },
  patch: { artifact: 'changes.patch', description: 'print the changes as a patch, also those that were withheld' },
  log: { artifact: 'agent.log', description: 'print what the agent said and did' },
} as const satisfies Record<string, { artifact: ArtifactName; description: string }>;

/** `bosun show ID`: all of one task: facts, events, cost, and on request its prompt, patch or log. */
export const showCommand: CliCommand = {
  name: 'show',
  summary: 'Tell all of one task',
  positional: ['ID'],
  flags: {
    prompt: { type: 'boolean', description: ARTIFACT_FLAGS.prompt.description },
    patch: { type: 'boolean', description: ARTIFACT_FLAGS.patch.description },
    log: { type: 'boolean', description: ARTIFACT_FLAGS.log.description },
    attempt: { type: 'string', value: 'N', description: 'of this attempt (default: the last one)' },
    json: { type: 'boolean', description: 'print one JSON document' },
  },
  examples: ['bosun show 01KAH3…', 'bosun show 01KAH3… --patch | git apply'],
  async run({ args, flags, output }) {
    const id = args[0] ?? '';
    return withStores(output, async (stores, inspection) => {
      const task = (await stores.tasks.find(id)) ?? (await stores.tasks.find(id.toUpperCase()));
      if (task === null) {
        output.problem(`there is no task "${id}"`, 'Run `bosun tasks` to see the ids.');
        return EXIT.failed;
      }
      const epoch = Number(flags['attempt'] ?? task.epoch);
      for (const [flag, { artifact }] of Object.entries(ARTIFACT_FLAGS)) {
        if (flags[flag] === true) {
          return printArtifact({ task, epoch, artifact, inspection, output });
        }
      }
      const events = await stores.tasks.events(task.id);
      const totals = await stores.attempts.totals(task.id);
      if (output.json) {
        output.document({ task, events, cost: totals });
      } else {
        output.result(render(task, events, totals));
      }
      return EXIT.done;
    });
  },
};

async function printArtifact(request: {
  task: Task;
  epoch: number;
  artifact: ArtifactName;
  inspection: Inspection;
  output: Output;
}): Promise<number> {
  const { artifact, epoch, inspection, output, task } = request;
  const bytes = await inspection.artifacts.get(artifactKey({ taskId: task.id, epoch }, artifact));
  if (bytes === null) {
    output.problem(`attempt ${epoch} of task ${task.id} left no ${artifact}`, 'Look at the events of the task with `bosun show ID`.');
    return EXIT.failed;
  }
  output.result(Buffer.from(bytes).toString());
  return EXIT.done;
}

type Totals = Awaited<ReturnType<Stores['attempts']['totals']>>;

function render(task: Task, events: readonly TaskEvent[], totals: Totals): string {
  const facts: [string, string | null][] = [
    ['task', task.id],
    ['state', task.wait === null ? task.state : `${task.state}, waits for ${task.wait.reason} until ${task.wait.wakeAt.toISOString()}`],
    ['why', task.wait?.note ?? null],
    ['issue', `${task.repository.owner}/${task.repository.name}#${task.thread.number} ${task.text.title}`],
    ['asked by', task.requestedBy.login],
    ['model', task.settings.model],
    ['budget', `$${formatUsd(task.spentNano)} of $${formatUsd(task.budgetNano)} spent`],
    ['attempt', String(task.epoch)],
    ['branch', task.branch],
    ['pull request', task.publication.pullUrl],
    ['failure', task.failure === null ? null : `${task.failure.code}: ${task.failure.title}. ${task.failure.remedy}`],
    ['detail', task.failure?.detail ?? null],
  ];
  const lines = facts.filter(([, value]) => value !== null).map(([name, value]) => `${name.padEnd(13)} ${value ?? ''}`);
  const cost = totals.map(
    (total) => `  ${total.model}: ${total.requests} requests, ${total.usage.inputTokens} in, ${total.usage.outputTokens} out, $${formatUsd(total.costNano)}`,
  );
  const told = events.map((event) => `  ${event.at.toISOString()}  ${event.kind.padEnd(20)} ${describe(event)}`);
  return [...lines, ...(cost.length > 0 ? ['', 'Cost', ...cost] : []), '', 'Events', ...told].join('\n');
}

function describe(event: TaskEvent): string {
  const text = JSON.stringify(event.data);
  return text === '{}' ? '' : text.slice(0, 160);
}
