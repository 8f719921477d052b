import { describe, expect, test } from 'vitest';
import type { Check } from '../../../app/cli/doctor/check.ts';
import { checkAgent } from '../../../app/cli/doctor/checks/check-agent.ts';
import { checkCompute } from '../../../app/cli/doctor/checks/check-compute.ts';
import { tryImage } from '../../../app/cli/doctor/checks/check-image.ts';
import { parseServerConfig, type ServerConfig } from '../../../app/config/server-config.ts';
import { containerSettings, findTestEngine, TEST_IMAGE } from '../../compute/test-engine.ts';

const { socketPath, why } = await findTestEngine();

function configOf(env: Readonly<Record<string, string>>): ServerConfig {
  const parsed = parseServerConfig(env);
  return parsed.ok ? parsed.config : expect.fail(JSON.stringify(parsed.problems));
}

async function compute(env: Readonly<Record<string, string>>): Promise<readonly Check[]> {
  const found = await checkCompute({ config: configOf(env), broken: [] });
  return 'name' in found ? [found] : found;
}

test('an engine that does not answer is reported with its socket and what to start', async () => {
  const env = { BOSUN_COMPUTE: 'docker', DOCKER_HOST: 'unix:///nowhere/docker.sock' };
  const [engine, image] = await compute(env);
  expect(engine).toMatchObject({ state: 'fail', found: expect.stringContaining('/nowhere/docker.sock') });
  expect(engine?.remedy).toContain('systemctl start docker');
  expect(image).toMatchObject({ name: 'image', state: 'skip' });
});

test('an image is only looked at where workers run in containers', async () => {
  const check = await tryImage({ config: configOf({}), broken: [] }, 'python');
  expect(check).toMatchObject({ state: 'skip', found: expect.stringContaining('BOSUN_COMPUTE=docker') });
});

describe.skipIf(socketPath === null)(`with an engine${why === '' ? '' : ` (${why})`}`, () => {
  const examined = { config: configOf(containerSettings(socketPath ?? '/none')), broken: [] };

  test('the engine and the default image are checked', async () => {
    const [engine, image] = await compute(containerSettings(socketPath ?? ''));
    expect(engine).toMatchObject({ name: 'containers', found: expect.stringMatching(/^(Docker|Podman) \d+/) });
    expect(image).toMatchObject({ state: 'ok', found: expect.stringMatching(/^bosun-test:base: git version 2/) });
  });

  test.each([
    ['default', 'ok', /git version/],
    [TEST_IMAGE, 'ok', /git version/],
    ['bosun-test:never-made', 'fail', /has no image `bosun-test:never-made`/],
  ])('the image %s is %s', async (name, state, found) => {
    const check = await tryImage(examined, name);
    expect(check.state).toBe(state);
    expect(check.found).toMatch(found);
  });

  test('an agent that the image lacks is reported with how to install it there', async () => {
    const [check] = await checkAgent(examined, 'codex', {});
    expect(check).toMatchObject({ state: 'fail', found: expect.stringContaining('codex --version') });
    expect(check?.remedy).toContain('in the image of workers');
  });
});
