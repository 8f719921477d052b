import { expect, test } from 'vitest';
import type { AdmissionOptions } from '../../app/admission/context.ts';
import { createAdmission } from '../../app/admission/create-admission.ts';
import type { Incoming } from '../../app/admission/incoming.ts';
import { parseRepoConfig } from '../../app/config/repo-config.ts';
import { createMemoryStores } from '../../app/store/memory/create-memory-stores.ts';
import { createLogger } from '../../app/telemetry/log.ts';

const NOW = new Date('2026-11-21T10:00:00Z');
const MISTAKE = { line: 2, column: 1, key: 'max_turn', message: 'no such key', allowed: null };

function commented(body: string): Incoming {
  return { ...labeled('x'), cause: { kind: 'comment', commentId: 9, url: 'https://github.test/9', body } };
}

function labeled(label: string): Incoming {
  const maintainer = { id: 7, login: 'maintainer' };
  return {
    installationId: 1,
    repository: {
      id: 1,
      owner: 'acme',
      name: 'engine',
      defaultBranch: 'main',
      archived: false,
      url: 'https://github.test/acme/engine',
    },
    thread: { number: 3, kind: 'issue', title: 'A', body: 'B', author: maintainer, open: true, locked: false },
    sender: { ...maintainer, isBot: false },
    at: NOW,
    cause: { kind: 'label', label },
  };
}

test.each([
  ['a label that gives a command by default', 'bosun', 'refused: repository file', 2],
  ['that label in capitals', 'BOSUN', 'refused: repository file', 2],
  ['a longer label in other case', 'Bosun:Implement', 'refused: repository file', 2],
  ['any other label', 'bug', 'ignored: no command', 0],
])('while the file has a mistake, %s is answered as far as it goes', async (_what, label, note, shown) => {
  const stores = createMemoryStores();
  const github = { fetchRole: async () => ({ ok: true, value: 'write' }) };
  const admission = createAdmission({
    stores,
    github: () => github as unknown as ReturnType<AdmissionOptions['github']>,
    repoFiles: { read: async () => ({ ok: false, mistakes: [MISTAKE] }) },
    clock: { now: () => NOW },
    log: createLogger({ level: 'silent', redact: (text) => text }),
  } as unknown as AdmissionOptions);
  expect(await admission.handle(labeled(label), 'delivery-1')).toBe(note);
  expect(stores.state.outbox.size).toBe(shown);
});

test.each([
  ['/implement', 'refused: repository file'],
  ['/retry', 'refused: repository file'],
  ['/help', 'help'],
])('while the file has another name, `%s` ends as: %s', async (body, note) => {
  const stores = createMemoryStores();
  const github = { fetchRole: async () => ({ ok: true, value: 'write' }) };
  const parsed = parseRepoConfig('');
  const admission = createAdmission({
    stores,
    github: () => github as unknown as ReturnType<AdmissionOptions['github']>,
    repoFiles: {
      read: async () => ({ ...parsed, isMissing: true }),
      findMisplaced: async () => '.github/bosun.yaml',
    },
    clock: { now: () => NOW },
    log: createLogger({ level: 'silent', redact: (text) => text }),
  } as unknown as AdmissionOptions);
  expect(await admission.handle(commented(body), 'delivery-1')).toBe(note);
  const replies = [...stores.state.outbox.values()].map((item) => JSON.stringify(item));
  expect(replies.some((reply) => reply.includes('Rename it to `.github/bosun.yml`'))).toBe(note !== 'help');
});
