import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { createDirectoryArtifacts } from '../../../app/store/artifacts/directory-artifacts.ts';
import { createMemoryArtifacts } from '../../../app/store/artifacts/memory-artifacts.ts';
import { CONTRACT_MAX_LOG_BYTES, testArtifacts } from '../../contract/artifacts.ts';

describe('artifacts in memory', () => {
  testArtifacts(async () => createMemoryArtifacts({ maxLogBytes: CONTRACT_MAX_LOG_BYTES }));
});

describe('artifacts in a directory', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'bosun-artifacts-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  function create() {
    return createDirectoryArtifacts({ directory: join(directory, 'kept'), maxLogBytes: CONTRACT_MAX_LOG_BYTES });
  }
  testArtifacts(async () => create());

  test('another process finds what was put', async () => {
    await create().put('a/1/log', Buffer.from('kept'));
    expect(String(await create().get('a/1/log'))).toBe('kept');
  });

  test('leaves one file, for the owner alone, and no draft', async () => {
    await create().put('a/1/log', Buffer.from('kept'));
    expect(readdirSync(join(directory, 'kept/a/1'))).toEqual(['log']);
    expect(statSync(join(directory, 'kept/a/1/log')).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'kept')).mode & 0o777).toBe(0o700);
  });

  test('writes nothing outside for a key that points there', async () => {
    await expect(create().put('../outside', Buffer.from('x'))).rejects.toThrow(/artifact key/);
    expect(existsSync(join(directory, 'outside'))).toBe(false);
  });
});
