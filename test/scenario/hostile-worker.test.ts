import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Task } from '../../app/task/task.ts';
import { story } from '../../demo/story.ts';
import { openPlace, skipWait, type Layout, type Place } from './repositories.ts';
import { withScenario } from './open-scenario.ts';

const scenario = withScenario({
  script: () => ({ text: 'Hello.' }),
  settings: { BOSUN_TASKS_PER_USER_PER_HOUR: '1000' },
});

/** Sends the worker's own process a signal, as a machine would. */
const SIGNAL_WORKER = `pid=$$
until tr '\\0' ' ' < /proc/$pid/cmdline | grep -q worker/main; do pid=$(awk '{print $4}' /proc/$pid/stat); done
kill -$1 $pid
sleep 100`;

/** Pushes to the door by hand, with the token of the attempt. */
const PUSH = `git -c "http.extraHeader=Authorization: Bearer $ANTHROPIC_API_KEY" push "\${ANTHROPIC_BASE_URL%/model}/git/repository.git" "$@"`;
/** The door names the only branch it takes. */
const FIND_BRANCH = `branch=$(sh ./push.sh HEAD:refs/heads/other 2>&1 | sed -n 's/.*only refs.heads.\\([^ ]*\\) may.*/\\1/p' | head -1)`;

const REPORT = (text: string): string => `echo '{"status":"done","summary":"${text}"}' > "$BOSUN_RESULT_FILE"`;

/** Six turns, since the work is pushed between the fifth and the sixth; continues once `letGo` has seen it arrive. */
function saveAndWait(gate: string): string {
  return `for turn in 1 2 3 4 5 6; do node ask.mjs; done
until [ -e ${gate}-$BOSUN_EPOCH ]; do sleep 0.05; done`;
}

/** Where a test and its agent meet; both see the machine's temporary directory. */
function openGate(): string {
  return path.join(mkdtempSync(path.join(tmpdir(), 'bosun-gate-')), 'go');
}

/** Lets the agent continue once the attempt's repository has what was saved of its work. */
async function letGo(task: Task, gate: string): Promise<void> {
  const repository = path.join(scenario().dataDir, 'attempts', task.id, `${task.epoch}.git`);
  // An attempt starts from what the ones before it saved.
  const saved = ['-C', repository, 'log', '--format=%s', '--grep=^Work in progress', task.branch];
  await expect
    .poll(
      () => {
        try {
          return execFileSync('git', saved, { stdio: 'pipe' })
            .toString()
            .split('\n')
            .filter((line) => line !== '').length;
        } catch {
          return 0; // The repository has no such branch yet.
        }
      },
      { timeout: 40_000 },
    )
    .toBeGreaterThanOrEqual(task.epoch);
  chmodSync(path.dirname(gate), 0o755);
  writeFileSync(`${gate}-${task.epoch}`, '');
}

async function implement(layout: Layout): Promise<Place> {
  const files = { 'signal-worker.sh': SIGNAL_WORKER, 'push.sh': PUSH };
  const place = await openPlace(scenario(), { ...layout, files });
  await place.comment('/implement');
  return place;
}

test('a worker that does nothing at all fails without a model call, and names who must act', async () => {
  const place = await implement({ agent: 'true' });
  const task = await place.ended();
  expect(task).toMatchObject({ state: 'FAILED', failure: { code: 'NO_MODEL_CALLS' }, spentNano: 0 });
  const comment = await place.told(/without a single model call/);
  expect(comment).toContain('bosun doctor');
  expect(comment).toContain('the operator of this Bosun server');
  expect(await place.refs()).toEqual([]);
});

test('a worker that commits nothing ends as no changes, with its reason and its cost', async () => {
  const place = await implement({ agent: `node ask.mjs && ${REPORT('There is nothing to mend here.')}` });
  const task = await place.ended();
  expect(task).toMatchObject({ state: 'FAILED', failure: { code: 'NO_CHANGES' }, outcome: { kind: 'no_changes' } });
  expect(task.spentNano).toBeGreaterThan(0);
  const comment = await place.told(/changed nothing/);
  expect(comment).toContain('There is nothing to mend here.');
  expect(comment).toMatch(/\$0\.\d+\*\* of \$5/);
  expect(scenario().github.pulls(place.repository)).toEqual([]);
});

test.each([
  { signal: 'SEGV', lost: 2, code: 'ATTEMPTS_EXHAUSTED', says: /Three attempts were lost/ },
  { signal: 'KILL', lost: 1, code: 'WORKER_OUT_OF_MEMORY', says: /ran out of memory/ },
])(
  'a worker that dies of SIG$signal is lost and tried again; at the end the task fails and its work is kept',
  async (row) => {
    const gate = openGate();
    const place = await implement({
      agent: `echo "attempt $BOSUN_EPOCH" >> NOTES.md
${saveAndWait(gate)}
sh ./signal-worker.sh ${row.signal}`,
    });
    const running = (epoch: number) => place.waitForTask((task) => task.state === 'RUNNING' && task.epoch === epoch);
    for (let epoch = 1; epoch <= row.lost; epoch += 1) {
      await letGo(await running(epoch), gate);
      const lost = await place.waitForTask(
        (task) => task.state === 'SUBMITTED' && task.epoch === epoch && task.wait !== null,
      );
      expect(lost).toMatchObject({ lostAttempts: epoch, wait: { reason: 'backoff' } });
      await skipWait(scenario(), lost);
    }
    await letGo(await running(row.lost + 1), gate);
    const task = await place.ended();
    expect(task).toMatchObject({ state: 'FAILED', epoch: row.lost + 1, failure: { code: row.code } });
    expect(await place.told(row.says)).toContain(task.branch);
    expect(await place.refs()).toEqual([`refs/heads/${task.branch}`]);
    const notes = await scenario().github.readFile(place.repository, { path: 'NOTES.md', ref: task.branch });
    expect(notes?.trim().split('\n')).toHaveLength(row.lost + 1);
    const [pull] = scenario().github.pulls(place.repository);
    expect(pull?.pull?.draft).toBe(true);
    expect(pull?.body).toContain('not finished');
  },
);

test('a worker that ignores SIGTERM is ended within the grace, and what it pushed is kept as a patch', async () => {
  const gate = openGate();
  const place = await implement({
    agent: `echo half > HALF.md
${saveAndWait(gate)}
sh ./signal-worker.sh STOP`,
  });
  const { stores } = scenario().bosun.storage;
  const running = await place.waitForTask((row) => row.state === 'RUNNING');
  await letGo(running, gate);
  const from = performance.now();
  await place.comment('/cancel');
  const task = await place.ended();
  expect(performance.now() - from).toBeLessThan(15_000);
  expect(task).toMatchObject({ id: running.id, state: 'CANCELLED', outcome: { commits: 1, filesChanged: 1 } });
  expect(await place.patch(task)).toContain('+half');
  const comment = await place.told(/Cancelled by/);
  expect(comment).toContain('1 commit on the server, not pushed');
  expect(comment).toContain(`bosun show ${task.id} --patch`);
  expect(await place.refs()).toEqual([]);
  expect((await stores.attempts.find({ taskId: task.id, epoch: 1 }))?.endedAt).not.toBeNull();
});

test('pushing twice makes one branch and one pull request; main, tags and other branches are refused', async () => {
  const place = await implement({
    agent: `node ask.mjs
${FIND_BRANCH}
echo one > ONE.md && git add ONE.md && git commit -qm One && sh ./push.sh HEAD:refs/heads/$branch
echo two > TWO.md && git add TWO.md && git commit -qm Two && sh ./push.sh HEAD:refs/heads/$branch
git tag v1
for ref in HEAD:refs/heads/main +HEAD:refs/heads/main v1 HEAD:refs/heads/evil HEAD:refs/notes/x HEAD:refs/bosun/x :$branch; do
  sh ./push.sh $ref && echo "$ref" >> TOOK.md
done
${REPORT('Two notes.')}`,
  });
  const before = (await scenario().github.git(place.repository, ['rev-parse', 'main'])).stdout.toString();
  const task = await place.ended();
  expect(await place.refs()).toEqual([`refs/heads/${task.branch}`]);
  expect((await scenario().github.git(place.repository, ['rev-parse', 'main'])).stdout.toString()).toBe(before);
  const files = await scenario().github.git(place.repository, ['ls-tree', '--name-only', task.branch]);
  expect(files.stdout.toString().split('\n')).toEqual(expect.arrayContaining(['ONE.md', 'TWO.md']));
  expect(files.stdout.toString()).not.toContain('TOOK.md');
  expect(scenario().github.pulls(place.repository)).toHaveLength(1);
  expect(task).toMatchObject({ state: 'COMPLETED', outcome: { kind: 'published', filesChanged: 2 } });
});

test('a touched workflow file is withheld by name, the patch is kept, and nothing is pushed', async () => {
  const place = await implement({
    agent: `node ask.mjs
mkdir -p .github/workflows
echo 'on: push' > .github/workflows/deploy.yml
echo good > GOOD.md
${REPORT('A note and a workflow.')}`,
  });
  const task = await place.ended();
  expect(task).toMatchObject({ state: 'FAILED', failure: { code: 'WITHHELD' } });
  const comment = await place.told(/not published/);
  expect(comment).toContain('.github/workflows/deploy.yml');
  expect(comment).toContain('1 commit on the server');
  expect(await place.patch(task)).toContain('+on: push');
  expect(await place.refs()).toEqual([]);
  expect(scenario().github.pulls(place.repository)).toEqual([]);
});

test('the key that an agent sees is not the token of its attempt, and opens nothing outside of its worker', async () => {
  const place = await implement({
    agent: `node ask.mjs
echo "key = $ANTHROPIC_API_KEY" > config.ini
${REPORT('I wrote the key down.')}`,
  });
  const task = await place.ended();
  expect(task).toMatchObject({ state: 'COMPLETED' });
  const file = await scenario().github.readFile(place.repository, { path: 'config.ini', ref: task.branch });
  const key = /key = (\S+)/.exec(file ?? '')?.[1] ?? expect.fail('the agent saw no key');
  const attempt = await scenario().bosun.storage.stores.attempts.find({ taskId: task.id, epoch: task.epoch });
  expect(attempt?.tokenSha256).not.toBe(createHash('sha256').update(key).digest('hex'));
});

test('an agent that ends with an error has its work published as a draft with the reason', async () => {
  const place = await implement({ agent: `node ask.mjs; echo half > HALF.md; echo "out of ideas" >&2; exit 4` });
  const task = await place.ended();
  expect(task).toMatchObject({ state: 'FAILED', failure: { code: 'AGENT_ERROR' }, outcome: { kind: 'partial' } });
  const comment = await place.told(/stopped with an error/);
  expect(comment).toContain('out of ideas');
  expect(comment).toContain(task.branch);
  const [pull] = scenario().github.pulls(place.repository);
  expect(pull?.body).toContain('not finished');
  expect(pull?.body).toContain(`For #${place.thread.number}`);
});

test('a timeout ends the worker and publishes what there is as a draft', async () => {
  const place = await openPlace(scenario(), {
    agent: `node ask.mjs; echo half > HALF.md; sleep 1000`,
  });
  await place.comment('/implement --timeout 1m');
  const { database } = scenario().bosun.storage;
  const running = await place.waitForTask((row) => row.state === 'RUNNING');
  expect(running.settings.timeoutMs).toBe(60_000);
  await database.query({
    text: `update attempt set started_at = started_at - interval '2 minutes' where task_id = $1`,
    values: [running.id],
  });
  await scenario().bosun.storage.queue.send({ kind: 'task', id: running.id });
  const task = await place.ended();
  expect(task).toMatchObject({ state: 'TIMED_OUT', failure: { code: 'TASK_TIMEOUT' } });
  expect(await place.told(/time limit/)).toContain('--timeout');
});

test('a question is asked in the comment, its work is kept, and the answer continues from there', async () => {
  const place = await implement({
    agent: `node ask.mjs
if [ "$BOSUN_EPOCH" = 1 ]; then
  echo draft > DRAFT.md
  echo '{"status":"not_enough_context","questions":["Blue or green?"]}' > "$BOSUN_RESULT_FILE"
else
  echo done >> DRAFT.md; ${REPORT('Green.')}
fi`,
  });
  const asked = await place.ended();
  expect(asked).toMatchObject({ state: 'SUBMITTED', wait: { reason: 'human' }, outcome: { kind: 'question' } });
  const comment = await place.told(/Blue or green/);
  expect(comment).toContain('1 commit on the server, not pushed');
  expect(await place.patch(asked)).toContain('+draft');
  expect(await place.refs()).toEqual([]);
  await place.comment('Green, please.', { as: story.maintainer });
  await place.comment('/resume');
  const task = await place.waitForTask((row) => row.state === 'COMPLETED');
  expect(await scenario().github.readFile(place.repository, { path: 'DRAFT.md', ref: task.branch })).toBe(
    'draft\ndone\n',
  );
});
