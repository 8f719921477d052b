import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { findLiteralSecrets, readDeploy } from './read-deploy.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dockerfile = readDeploy('image/Dockerfile');
const instructions = dockerfile
  .replace(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => line.trim() !== '' && !line.startsWith('#'))
  .map((line) => {
    const [word = '', ...rest] = line.trim().split(/\s+/);
    return { word, rest: rest.join(' ') };
  });
const last = (word: string) => instructions.findLast((instruction) => instruction.word === word)?.rest;

test('the image has three stages, nobody in particular as its user, and the programs that are needed', () => {
  expect(instructions.filter(({ word }) => word === 'FROM')).toHaveLength(3);
  expect(last('USER')).toBe('10001:10001');
  for (const program of ['git', 'bubblewrap', 'util-linux', 'ca-certificates']) {
    expect(dockerfile).toMatch(new RegExp(`apt-get install .*\\b${program}\\b`));
  }
  expect(last('EXPOSE')).toBe('3000');
  expect(last('HEALTHCHECK')).toContain('CMD ["node", "/usr/local/bin/healthcheck.mjs"]');
  expect(last('CMD')).toBe('["start"]');
});

test('no secret can get into a layer', () => {
  expect(
    instructions.filter(({ word, rest }) => word === 'ARG' || /SECRET|API_KEY|PRIVATE_KEY|DATABASE_URL/.test(rest)),
  ).toEqual([]);
  const [first, ...allowed] = readDeploy('image/Dockerfile.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  expect(first).toBe('*');
  const copied = instructions
    .filter(({ word, rest }) => word === 'COPY' && !rest.startsWith('--from'))
    .flatMap(({ rest }) =>
      rest
        .split(' ')
        .filter((word) => !word.startsWith('--'))
        .slice(0, -1),
    );
  expect([...new Set(copied)].toSorted()).toEqual(allowed.map((line) => line.replace(/^!/, '')).toSorted());
  expect(copied.filter((file) => !statSync(path.join(root, file)).size)).toEqual([]);
});

test('all that the program imports is in the image', () => {
  const copied = instructions
    .filter(({ word }) => word === 'COPY')
    .map(({ rest }) => rest)
    .join(' ');
  const imported = globSync('app/**/*.ts', { cwd: root }).flatMap((file) =>
    [...readFileSync(path.join(root, file), 'utf8').matchAll(/(?:from|import\(|new URL\()\s*'(\.[^']+)'/g)].map(
      ([, to]) => path.relative(root, path.resolve(root, path.dirname(file), to ?? '')).split('/')[0],
    ),
  );
  const missing = [...new Set(imported)].filter(
    (room) => room !== undefined && !new RegExp(`\\b${room}\\b`).test(copied),
  );
  // The command line prints the version of package.json, and `bosun demo` plays the Action from a checkout.
  expect(missing.filter((room) => room !== 'action')).toEqual([]);
});

test('no file of the deployment holds a secret', () => {
  const files = globSync('deploy/**/*', { cwd: root }).filter((file) => statSync(path.join(root, file)).isFile());
  expect(files.length).toBeGreaterThan(15);
  const found = files.flatMap((file) =>
    findLiteralSecrets(readFileSync(path.join(root, file), 'utf8')).map((each) => `${file}: ${each}`),
  );
  expect(found).toEqual([]);
  expect(findLiteralSecrets('DATABASE_URL: postgres://bosun:hunter2@db/bosun')).toHaveLength(1);
});

test('secrets that are files become variables, and what is set already wins', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'bosun-secrets-'));
  mkdirSync(path.join(directory, 'A_DIRECTORY'));
  writeFileSync(path.join(directory, 'WEBHOOK_SECRET'), 'from a file with $dollar\n');
  writeFileSync(path.join(directory, 'DATABASE_URL'), 'from a file');
  writeFileSync(path.join(directory, 'github-app.pem'), 'not a variable');
  const script = path.join(directory, 'with-secrets.sh');
  writeFileSync(script, readDeploy('image/with-secrets.sh').replaceAll('/run/secrets', directory));
  const program =
    'console.log(JSON.stringify([process.env.WEBHOOK_SECRET, process.env.DATABASE_URL, process.argv.at(-1)]))';
  const printed = execFileSync('sh', [script, process.execPath, '-e', program, 'start it'], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], DATABASE_URL: 'set already' },
  });
  expect(JSON.parse(printed)).toEqual(['from a file with $dollar', 'set already', 'start it']);
  rmSync(directory, { recursive: true });
});

test('the health check asks /healthz on PORT', async () => {
  const asked: string[] = [];
  let status = 200;
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const check = async (): Promise<unknown> => {
    const child = spawn(process.execPath, [path.join(root, 'deploy/image/healthcheck.mjs')], {
      env: { PORT: String(port) },
    });
    return (await once(child, 'exit'))[0];
  };
  expect(await check()).toBe(0);
  status = 503;
  expect(await check()).toBe(1);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(await check()).toBe(1);
  expect(asked).toEqual(['/healthz', '/healthz']);
});
