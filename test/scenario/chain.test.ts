import { expect, test } from 'vitest';
import type { ModelScript } from '../../demo/model/model-script.ts';
import { story } from '../../demo/story.ts';
import { withScenarios } from './open-scenario.ts';

const openScenario = withScenarios();

const BUGGY = 'export const half = (n) => Math.floor(n / 2);';
const FIXED = 'export const half = (n) => n / 2;';
const FINDING = {
  path: 'src/extra.js',
  line: 1,
  symbol: 'half',
  kind: 'correctness',
  title: 'Rounds down',
  body: 'Half of 3 is 1.5.',
  reproduction: {
    command: 'node -e "import(\'./src/extra.js\').then(({half}) => process.exit(half(3) === 1.5 ? 0 : 1))"',
  },
};

/** Writes a bug, finds it once, and fixes it. */
function script(): ModelScript {
  let reviews = 0;
  return (request) => {
    const system = JSON.stringify(request.system);
    const isFirst = request.messages.length === 1;
    if (system.includes('careful reviewer')) {
      reviews += 1;
      const output = { findings: reviews === 1 ? [FINDING] : [] };
      return { toolUse: [{ name: 'finish', input: { status: 'done', summary: 'Read it.', output } }] };
    }
    const isFix = system.includes('the head of one pull request');
    const command = `printf '%s\\n' '${isFix ? FIXED : BUGGY}' > src/extra.js`;
    return isFirst
      ? { toolUse: [{ name: 'bash', input: { command } }] }
      : { toolUse: [{ name: 'finish', input: { status: 'done', summary: 'Done.', output: { threads: [] } } }] };
  };
}

test('a bug that a review confirms is fixed and reviewed again, each by a task with a cost of its own', async () => {
  const scenario = await openScenario({ script: script() });
  const { github } = scenario;
  const files = { '.github/bosun.yml': 'chain: [implement, review, fix]\nverify: none\n' };
  await github.pushCommit(story.repository, { as: story.maintainer, files, message: 'Configure Bosun' });
  await scenario.comment('/implement');
  const first = await scenario.waitForTask((row) => row.state === 'COMPLETED');
  const pull = scenario.on({ repository: story.repository, number: first.publication.pullNumber ?? 0 });
  await scenario.waitUntilShown(() => github.issue(pull.thread).pull?.reviews.length === 2);

  const [found, clean] = github.issue(pull.thread).pull?.reviews ?? [];
  expect(found?.body).toContain('1 confirmed by a reproduction that ran');
  expect(clean?.body).toContain('**No bug was found**');
  expect(clean?.commitSha).toBe(github.issue(pull.thread).pull?.head.sha);
  expect(await github.readFile(story.repository, { path: 'src/extra.js', ref: first.branch })).toBe(`${FIXED}\n`);
  const { stores } = scenario.bosun.storage;
  const tasks = await stores.tasks.list({ limit: 9 });
  expect(tasks.map(({ type }) => type)).toEqual(['review', 'fix', 'review', 'implement']);
  expect(tasks.every(({ spentNano }) => spentNano > 0)).toBe(true);
  expect(await pull.waitForReply(/Chain: implement → review → fix → \*\*review\*\* → ✅ done/)).toContain(
    'The review found nothing.',
  );
}, 280_000);
