import type { ModelReply, Turn } from '../../demo/model/model-script.ts';
import type { TaskState } from '../../protocol/index.ts';
import type { Task } from '../../app/task/task.ts';

/** What a person does and what has to come of it, whoever dies on the way. */
export interface Journey {
  readonly name: string;
  /** Of the repository, in addition to its README. */
  readonly files?: Readonly<Record<string, string>>;
  /** What the model says in the given turn (from 0) of a conversation, after so many of `says` were said. */
  readonly model: (at: { readonly turn: number; readonly said: number }) => Turn;
  /** Said on the issue one after the other, each once what it waits for is there. */
  readonly says: readonly {
    readonly body: string;
    readonly when?: (seen: { readonly task: Task | null; readonly modelTurns: number }) => boolean;
  }[];
  readonly end: {
    readonly state: TaskState;
    /** Bosun's comments: the status comment and its replies. */
    readonly comments: number;
    /** The status comment tells this. */
    readonly tells: RegExp;
    readonly pulls: 0 | 1;
    /** Text of `DONE.md` on the branch. */
    readonly file: RegExp | null;
  };
}

const DEAR = { input: 1_000, output: 13_000 };

function run(command: string): ModelReply {
  return { toolUse: [{ name: 'bash', input: { command } }] };
}

const publish: Journey = {
  name: 'publish',
  model: ({ turn }) => (turn === 0 ? run('echo done > DONE.md') : { text: 'Wrote it down.' }),
  says: [{ body: '/implement' }],
  end: { state: 'COMPLETED', comments: 1, tells: /Draft pull request #\d+/, pulls: 1, file: /^done\n$/ },
};

/** Every turn is dear until more money is there. */
const pause: Journey = {
  name: 'pause',
  model: ({ turn, said }) => {
    if (said < 2) {
      return { ...run(turn === 0 ? 'echo half > DONE.md' : 'echo more >> DONE.md'), usage: DEAR };
    }
    return turn === 0 ? run('echo whole >> DONE.md') : { text: 'All of it is there.' };
  },
  says: [
    { body: '/implement --budget 0.60' },
    { body: '/budget +5', when: ({ task }) => task?.wait?.reason === 'budget' },
  ],
  end: { state: 'COMPLETED', comments: 1, tells: /Draft pull request #\d+/, pulls: 1, file: /whole\n$/ },
};

const cancel: Journey = {
  name: 'cancel',
  model: ({ turn }) => (turn === 0 ? run('echo done > DONE.md') : { fault: 'hang' }),
  says: [
    { body: '/implement' },
    { body: '/cancel', when: ({ task, modelTurns }) => task?.state === 'RUNNING' && modelTurns >= 2 },
  ],
  end: { state: 'CANCELLED', comments: 1, tells: /[Cc]ancelled/, pulls: 0, file: null },
};

const gate: Journey = {
  name: 'gate',
  model: ({ turn }) =>
    turn === 0
      ? run('mkdir -p .github/workflows && echo "on: push" > .github/workflows/deploy.yml')
      : { text: 'Done.' },
  says: [{ body: '/implement' }],
  end: { state: 'FAILED', comments: 1, tells: /\.github\/workflows\/deploy\.yml/, pulls: 0, file: null },
};

/** A new dependency is held, and published once a person has looked at it. */
const release: Journey = {
  name: 'release',
  model: ({ turn }) =>
    turn === 0
      ? run(`echo done > DONE.md && echo '{"dependencies":{"left-pad":"^1.0.0"}}' > package.json`)
      : { text: 'Added a package.' },
  says: [{ body: '/implement' }, { body: '/release', when: ({ task }) => task?.wait?.reason === 'approval' }],
  end: { state: 'COMPLETED', comments: 1, tells: /Draft pull request #\d+/, pulls: 1, file: /^done\n$/ },
};

/** GitHub makes and signs the commits. */
const signed: Journey = {
  ...publish,
  name: 'signed',
  files: { '.github/bosun.yml': 'signed_commits: true\n' },
};

export const JOURNEYS: readonly Journey[] = [publish, pause, cancel, gate, release, signed];
