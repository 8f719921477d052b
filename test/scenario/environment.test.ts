import { checkSandbox } from '../../app/compute/sandbox/check-sandbox.ts';
import { describe, expect, test } from 'vitest';
import type { ModelScript } from '../../demo/model/model-script.ts';
import { containerSettings, findTestEngine } from '../compute/test-engine.ts';
import { openPlace, type Layout, type Place } from './repositories.ts';
import { withScenarios, type Scenario } from './open-scenario.ts';

const SCRIPT: ModelScript = [{ text: 'Hello.' }];
const openScenario = withScenarios();
const check = await checkSandbox();
const { socketPath } = await findTestEngine();
const COMPUTES = [
  'process',
  ...(check.ok ? (['sandbox'] as const) : []),
  ...(socketPath === null ? [] : (['docker'] as const)),
] as const;

function openIn(compute: (typeof COMPUTES)[number]): Promise<Scenario> {
  const settings = compute === 'docker' ? containerSettings(socketPath ?? '') : {};
  return openScenario({ compute, script: SCRIPT, settings });
}

/** Installs a package that says when it was installed, and notes what it can see. */
const SETUP = `setup: 'mkdir -p node_modules/made && date +%s%N > node_modules/made/stamp && echo home > "$HOME/made" && echo left > left.txt'`;
const AGENT = `node ask.mjs
cp node_modules/made/stamp stamp.txt
cat "$HOME/made" > home.txt
git status --short > status.txt
echo '{"status":"done","summary":"Done."}' > "$BOSUN_RESULT_FILE"`;

async function implement(scenario: Scenario, layout: Layout): Promise<Place> {
  const place = await openPlace(scenario, layout);
  await place.comment('/implement');
  return place;
}

async function read(scenario: Scenario, place: Place, file: { path: string; ref: string }): Promise<string> {
  const text = await scenario.github.readFile(place.repository, file);
  if (text === undefined) {
    throw new Error(`${file.path} was not published`);
  }
  return text;
}

async function published(scenario: Scenario, place: Place, path: string): Promise<string> {
  const task = await place.ended();
  return read(scenario, place, { path, ref: task.branch });
}

describe.each(COMPUTES)('in a %s', (compute) => {
  test('what set-up installs is there for the agent, and nobody’s change', async () => {
    const scenario = await openIn(compute);
    const place = await implement(scenario, { config: SETUP, agent: AGENT });
    expect(await place.ended()).toMatchObject({ state: 'COMPLETED', outcome: { kind: 'published' } });
    expect(await published(scenario, place, 'stamp.txt')).toMatch(/^\d+\n$/);
    expect(await published(scenario, place, 'home.txt')).toBe('home\n');
    expect(
      (await published(scenario, place, 'status.txt')).split('\n').filter((line) => /left|made/.test(line)),
    ).toEqual([]);
    await expect(published(scenario, place, 'left.txt')).rejects.toThrow('was not published');
    expect(await place.told(/Environment: set up/)).toContain('set-up from the repository file');
  });

  test('a set-up that fails is reported to the agent and to people, and does not end the task', async () => {
    const scenario = await openIn(compute);
    const place = await implement(scenario, {
      config: 'setup: [ls, no-such-tool --now]',
      agent: `node ask.mjs; cp "$BOSUN_PROMPT_FILE" prompt.txt; ls node_modules > list.txt 2>&1; true`,
    });
    expect(await place.ended()).toMatchObject({ state: 'COMPLETED' });
    const prompt = await published(scenario, place, 'prompt.txt');
    expect(prompt).toContain('The set-up failed at `no-such-tool --now` with exit code 127');
    const comment = await place.told(/The set-up failed:/);
    expect(comment).toContain(
      compute === 'docker'
        ? 'command not found: the worker sees only what is in its image'
        : 'command not found: the worker sees only /usr and `BOSUN_WORKER_PATHS`',
    );
    expect(comment).toMatch(/no-such-tool: not found/);
  });

  test('a set-up that is required ends the task before a model is asked', async () => {
    const scenario = await openIn(compute);
    const place = await implement(scenario, {
      config: 'setup: "echo no such package >&2; exit 4"\nsetup_required: true',
      agent: AGENT,
    });
    expect(await place.ended()).toMatchObject({ state: 'FAILED', failure: { code: 'SETUP_FAILED' }, spentNano: 0 });
    expect(await place.told(/requires it/)).toContain('no such package');
    expect(scenario.model.calls).toHaveLength(0);
  });
});

describe.each(COMPUTES.filter((compute) => compute !== 'process'))('environments of a %s', (compute) => {
  test('a second task starts from what the first installed; --fresh installs again', async () => {
    const scenario = await openIn(compute);
    const place = await implement(scenario, {
      config: SETUP,
      agent: `${AGENT}; echo spoilt > node_modules/made/stamp`,
    });
    const first = await published(scenario, place, 'stamp.txt');
    async function again(command: string): Promise<string> {
      const talk = scenario.openIssue({ repository: place.repository });
      await talk.comment(command);
      const task = await talk.waitForTask((row) => row.finishedAt !== null);
      return read(scenario, place, { path: 'stamp.txt', ref: task.branch });
    }
    expect(await again('/implement')).toBe(first);
    expect(await again('/implement --fresh')).not.toBe(first);
  });
});
