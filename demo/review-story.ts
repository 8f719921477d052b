import { stageStory, story } from './story.ts';
import { BUG, REPAIR } from './demo-script.ts';
import type { LocalGitHub } from './github/local-github.ts';
import type { Issue } from './github/state/world.ts';
import type { ModelReply, ModelRequest, TurnContext } from './model/model-script.ts';

/**
 * The story of `bosun demo --story review`: the first change does not pass the tests, a review finds a bug in the second,
 * and a fix repairs it.
 */
const CONFIG = `# Tests decide, and a review that finds a bug starts a fix.
chain: [implement, review, fix]
steps:
  after:
    - { name: test, run: node --test, gate: strict }
`;

/** Cuts the seconds instead of rounding them: no 60 any more, and 59.6 s become 59. */
const WRONG = BUG.replace(
  'isLast ? Math.round(rest / size) : Math.floor(rest / size)',
  'Math.floor(rest / size)',
).replace("    const isLast = name === 's';\n", '');
const START =
  '  // Rounded once and first: a rounded-up 60 has to reach the minutes.\n  let rest = Math.round(ms / 1_000) * 1_000;';
const SIGNED_START = `  // Rounded once and first: a rounded-up 60 has to reach the minutes.
  let rest = Math.round(Math.abs(ms) / 1_000) * 1_000;
  const sign = ms < 0 && rest > 0 ? '-' : '';`;
const END = "  return parts.length === 0 ? '0s' : parts.join(' ');";
const SIGNED_END = "  return parts.length === 0 ? '0s' : `${sign}${parts.join(' ')}`;";

const FINDING = {
  path: 'src/format.js',
  line: 6,
  symbol: 'formatDuration',
  kind: 'correctness',
  title: 'A negative duration comes out as almost a day',
  body: '`Math.floor` of a negative number rounds away from zero, so one second before zero is written as `23h 59m 59s`.',
  reproduction: {
    command: `node -e "import('./src/format.js').then(({ formatDuration }) => process.exit(formatDuration(-1000) === '-1s' ? 0 : 1))"`,
  },
};

function edit(old: string, replacement: string): NonNullable<ModelReply['toolUse']>[number] {
  return { name: 'edit', input: { file_path: 'src/format.js', old_string: old, new_string: replacement } };
}

function finish(summary: string, output?: unknown): ModelReply {
  const input = { status: 'done', summary, ...(output === undefined ? {} : { output }) };
  return {
    toolUse: [{ name: 'finish', input }],
    usage: { input: 900, output: 160, cacheCreation: 0, cacheRead: 2_600 },
  };
}

const EARLY = { input: 2_310, output: 118, cacheCreation: 1_900, cacheRead: 0 };

/** Answers by who asks: the author, the author who was sent back, the reviewer, or whoever fixes what was found. */
export function reviewStoryScript(): (request: ModelRequest, context: TurnContext) => ModelReply {
  let reviews = 0;
  return (request, { turn }) => {
    const system = JSON.stringify(request.system);
    if (system.includes('careful reviewer')) {
      reviews += 1;
      return reviews === 1
        ? finish('One bug: negative durations.', { findings: [FINDING] })
        : finish('The sign is handled, and nothing else was found.', { findings: [] });
    }
    if (system.includes('the head of one pull request')) {
      return turn === 0
        ? { toolUse: [edit(START, SIGNED_START), edit(END, SIGNED_END)], usage: EARLY }
        : finish('A negative duration is now written with its sign.', {
            threads: [{ thread: 1, addressed: true, reply: 'The sign is kept apart and written in front.' }],
          });
    }
    const isSentBack = JSON.stringify(request.messages).includes('What is still missing');
    if (isSentBack) {
      return turn === 0
        ? {
            text: 'Cutting is not rounding. I round once, before splitting.',
            toolUse: [edit(WRONG, REPAIR)],
            usage: EARLY,
          }
        : finish('Durations are rounded once, to whole seconds, before they are split into units.');
    }
    return turn === 0
      ? {
          text: 'The last unit is rounded, the others are not. I make them alike.',
          toolUse: [edit(BUG, WRONG)],
          usage: EARLY,
        }
      : finish('Every unit is cut off now, so there is no 60 any more.');
  };
}

/** The demo's repository with checks and a chain. The command is left to the caller. */
export async function stageReviewStory(github: LocalGitHub): Promise<Issue> {
  const issue = await stageStory(github);
  await github.pushCommit(story.repository, {
    as: story.maintainer,
    files: { '.github/bosun.yml': CONFIG },
    message: 'Let tests decide, and review every change',
  });
  return issue;
}
