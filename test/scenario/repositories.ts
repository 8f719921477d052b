import { story } from '../../demo/story.ts';
import type { Task } from '../../app/task/task.ts';
import type { Scenario, Conversation } from './open-scenario.ts';

/** An issue in a repository of its own, whose installation's limits and slots nobody else uses. */
export interface Place extends Conversation {
  readonly repository: string;
  /** Branches and tags that GitHub holds, without the default branch. */
  refs(): Promise<string[]>;
  /** The newest task once it has ended or waits for a person. */
  ended(): Promise<Task>;
  /** The status comment once it fits. */
  told(fits: RegExp): Promise<string>;
  /** What the last attempt kept as a patch; empty when nothing. */
  patch(task: Task): Promise<string>;
}

export interface Layout {
  /** Of the issue. */
  readonly title?: string;
  /** Lines of `.github/bosun.yml`. */
  readonly config?: string;
  /** A shell script that is the agent. Beside it lies `ask.mjs`, which calls the model once. */
  readonly agent?: string;
  readonly files?: Readonly<Record<string, string>>;
}

/** One call of the model, as any program would make it. */
const ASK = `const answer = await fetch(process.env.ANTHROPIC_BASE_URL + '/v1/messages', {
  method: 'POST',
  headers: { 'x-api-key': process.env.ANTHROPIC_API_KEY, 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
  body: JSON.stringify({ model: process.env.BOSUN_MODEL, max_tokens: 1000, messages: [{ role: 'user', content: 'hello' }] }),
});
console.log(answer.status, await answer.text());
process.exit(answer.ok ? 0 : 5);
`;

let count = 0;

export async function openPlace(scenario: Scenario, layout: Layout = {}): Promise<Place> {
  const { github } = scenario;
  count += 1;
  const owner = `house-${count}`;
  const repository = `${owner}/tool`;
  const config = [
    ...(layout.agent === undefined ? [] : ['agent:', '  command: sh ./agent.sh']),
    ...(layout.config === undefined ? [] : [layout.config]),
  ];
  github.createUser({ login: owner, type: 'Organization' });
  await github.createRepository({
    owner,
    name: 'tool',
    files: {
      'README.md': '# Tool\n',
      ...(config.length > 0 && { '.github/bosun.yml': `${config.join('\n')}\n` }),
      ...(layout.agent !== undefined && { 'agent.sh': `${layout.agent}\n`, 'ask.mjs': ASK }),
      ...layout.files,
    },
  });
  github.setPermission(repository, story.maintainer, 'maintain');
  const talk = scenario.openIssue({ repository, ...(layout.title !== undefined && { title: layout.title }) });
  return {
    ...talk,
    repository,
    async refs() {
      const { stdout } = await github.git(repository, ['for-each-ref', '--format=%(refname)']);
      return stdout
        .toString()
        .split('\n')
        .filter((ref) => ref !== '' && ref !== 'refs/heads/main' && !ref.startsWith('refs/pull/'));
    },
    ended: () => talk.waitForTask((task) => task.finishedAt !== null || isPaused(task)),
    told: async (fits) => talk.waitForReply(fits),
    async patch(task) {
      const bytes = await scenario.bosun.storage.artifacts.get(`${task.id}/${task.epoch}/changes.patch`);
      return Buffer.from(bytes ?? []).toString();
    },
  };
}

/** Waits for a person, after an attempt or before one. */
export function isPaused({ state, wait }: Task): boolean {
  return state === 'SUBMITTED' && wait !== null && ['budget', 'human', 'paused', 'approval'].includes(wait.reason);
}

/** Lets the time pass until a task that waits for a moment is looked at again. */
export async function skipWait(scenario: Scenario, task: Task): Promise<void> {
  const { database, queue } = scenario.bosun.storage;
  await database.query({
    text: 'update task set wake_at = now() where id = $1 and wake_at is not null',
    values: [task.id],
  });
  await queue.send({ kind: 'task', id: task.id });
}
