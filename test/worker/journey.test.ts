import { expect, test } from 'vitest';
import type { ModelReply, Turn } from '../../demo/model/model-script.ts';
import { isThere, openWorker, SAMPLE_FILES } from './worker-harness.ts';

const MEND: ModelReply = {
  text: 'The sign is wrong.',
  toolUse: [{ name: 'edit', input: { file_path: 'sum.js', old_string: 'a - b', new_string: 'a + b' } }],
};
const FINISH: ModelReply = {
  toolUse: [{ name: 'finish', input: { status: 'done', summary: 'Mend the sign of `sum`\n\nIt subtracted.' } }],
};

function bash(command: string): ModelReply {
  return { toolUse: [{ name: 'bash', input: { command } }] };
}

test('clones, fixes, commits, pushes and reports, and leaves the tests to others', async () => {
  const { door, run, git, pushed, startSha } = await openWorker([MEND, FINISH]);
  const { exitCode, result, output } = await run({ verify: 'node --test' });
  expect(output).toBe('');
  expect(exitCode).toBe(0);
  expect(result).toMatchObject({
    ending: 'done',
    summary: 'Mend the sign of `sum`\n\nIt subtracted.',
    turns: 2,
  });
  expect(result?.verify).toBeUndefined();
  expect(await pushed()).toEqual({
    ...Object.fromEntries(Object.entries(SAMPLE_FILES).map(([name, text]) => [name, text.trim()])),
    'sum.js': 'export function sum(a, b) {\n  return a + b;\n}',
  });
  expect(await git('log', '--format=%an <%ae>|%s|%P', 'bosun/work', '^main')).toBe(
    `Bosun <b@example.com>|Mend the sign of \`sum\`|${startSha}`,
  );
  const phases = door.events.flatMap((event) => (event.type === 'progress' ? [event.phase] : []));
  expect([...new Set(phases)]).toEqual(['clone', 'agent', 'push']);
  expect(door.events).toContainEqual({ type: 'progress', phase: 'agent', turn: 1, note: 'edit sum.js' });
  expect(door.events.at(-1)?.type).toBe('finished');
});

test('asks instead of guessing, and keeps its work', async () => {
  const questions = ['Which sum?', 'Of what?', 'Why?', 'And a fourth?'];
  const ask = { name: 'finish', input: { status: 'not_enough_context', summary: 'It is not clear.', questions } };
  const { run } = await openWorker([{ toolUse: [ask] }]);
  const { exitCode, result } = await run();
  expect(exitCode).toBe(0);
  expect(result).toMatchObject({ ending: 'question', questions: questions.slice(0, 3) });
});

test('nothing changed means nothing pushed', async () => {
  const { door, run, git } = await openWorker([{ text: 'All is well as it is.' }]);
  const { result } = await run();
  expect(result).toMatchObject({ ending: 'done', summary: 'All is well as it is.', turns: 1 });
  expect(await git('branch', '--list', 'bosun/work')).toBe('');
  expect(door.requests.filter((request) => request.includes('receive-pack'))).toEqual([]);
});

test('starts in the sub-directory the work is about', async () => {
  const { run, pushed } = await openWorker([bash('pwd > here.txt'), FINISH]);
  await run({ path: 'docs' });
  expect((await pushed())['docs/here.txt']).toMatch(/\/repository\/docs$/);
});

test('a path that leads out of the repository is not followed', async () => {
  const { run, pushed } = await openWorker([bash('pwd > here.txt'), FINISH]);
  await run({ path: '../..' });
  expect((await pushed())['here.txt']).toMatch(/\/repository$/);
});

test('commits what is not ignored, whatever the agent did to its own .git', async () => {
  const { run, pushed, git } = await openWorker([
    bash('mkdir -p ignored node_modules/x nested && echo 1 | tee ignored/a node_modules/x/a made.txt'),
    bash('(cd nested && git init -q && git -c user.name=x -c user.email=x@x commit -q --allow-empty -m x)'),
    bash('rm docs/readme.md && chmod +x sum.js && git checkout -q -b elsewhere && git add -A && git commit -qm mine'),
    bash('rm -rf .git'),
    FINISH,
  ]);
  const { result } = await run();
  expect(result).toMatchObject({ ending: 'done' });
  expect(Object.keys(await pushed()).sort()).toEqual([
    '.gitignore',
    'made.txt',
    'package.json',
    'sum.js',
    'sum.test.js',
  ]);
  expect(await git('ls-tree', 'bosun/work', 'sum.js')).toMatch(/^100755 /);
});

test('traps in the working copy start nothing when the work is saved', async () => {
  const trap = 'touch "$HOME/sprung"';
  const { home, run } = await openWorker([
    bash(`printf '#!/bin/sh\\n${trap}\\n' > .git/hooks/pre-push && chmod +x .git/hooks/pre-push`),
    bash(`git config core.fsmonitor '${trap}; true' ; git config filter.x.clean '${trap}; cat'`),
    bash(`git config credential.helper '!${trap}' ; git config core.hooksPath .git/hooks`),
    bash("echo '* filter=x' > .gitattributes"),
    FINISH,
  ]);
  const { result } = await run();
  expect(result).toMatchObject({ ending: 'done' });
  expect(isThere(home, 'sprung')).toBe(false);
});

test('a file too large to publish is left out and reported', async () => {
  const { door, run, pushed } = await openWorker([bash('truncate -s 51M large.bin && echo 1 > small.txt'), FINISH]);
  await run();
  expect(Object.keys(await pushed())).toContain('small.txt');
  expect(Object.keys(await pushed())).not.toContain('large.bin');
  expect(door.events).toContainEqual({ type: 'log', stream: 'worker', text: 'Left out of the commit: large.bin\n' });
});

test('work in progress is pushed on the way', async () => {
  const turns: Turn[] = Array.from({ length: 7 }, (_, turn) => bash(`echo ${turn} > file-${turn}.txt`));
  const { run, git } = await openWorker([...turns, FINISH]);
  await run();
  const subjects = (await git('log', '--format=%s', 'bosun/work', '^main')).split('\n');
  expect(subjects).toEqual(['Mend the sign of `sum`', 'Work in progress after 5 turns']);
});

test('continues from the branch and commit it is given', async () => {
  const { run, git, startSha } = await openWorker([MEND, FINISH]);
  const tree = await git('rev-parse', 'main^{tree}');
  const later = await git('commit-tree', tree, '-p', startSha, '-m', 'Later');
  await git('update-ref', 'refs/heads/main', later);
  await run();
  expect(await git('rev-parse', 'bosun/work^')).toBe(startSha);
});
