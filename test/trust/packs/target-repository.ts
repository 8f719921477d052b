import { cp, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { mustGit, runGit } from '../../../app/git/run-git.ts';
import { receivePack } from '../../../app/git/serve/receive-pack.ts';
import { decideGate } from '../../../app/publish/gate/decide-gate.ts';
import { inspectWork } from '../../../app/publish/inspect/inspect-work.ts';
import { POLICY } from '../../publish/gate/gate-samples.ts';
import { git } from '../../git/git-client.ts';
import { openGitFixture, WORK } from '../../git/git-fixture.ts';
import { blobOf } from './pack-file.ts';
import type { CraftedPush, Target } from './crafted-packs.ts';

const README = '# Engine\n';

/** What became of a push. */
export type Fate = 'refused' | 'stopped' | 'harmless' | { readonly bypass: string };

export interface TargetRepository {
  readonly target: Target;
  /** Pushes as a worker does, and judges what was taken as the publisher does. */
  attack(push: CraftedPush): Promise<Fate>;
  close(): Promise<void>;
}

/** The repository of an attempt, made as hydration makes it. */
export async function openTarget(): Promise<TargetRepository> {
  const fixture = await openGitFixture();
  const baseSha = await fixture.commit('main', { 'README.md': README, 'src/a.js': 'a\n' });
  const repository = await fixture.prepare();
  const gitDir = repository.path;
  const clean = path.join(fixture.root, 'clean.git');
  await cp(gitDir, clean, { recursive: true });
  const baseTree = await git(fixture.checkout, 'rev-parse', 'HEAD^{tree}');
  const listing = await git(fixture.checkout, 'ls-tree', 'HEAD');
  const target: Target = {
    ref: `refs/heads/${WORK}`,
    baseSha,
    baseTree,
    root: listing.split('\n').map((line) => {
      const [mode = '', , sha = '', name = ''] = line.split(/\s+/);
      return { mode: mode.replace(/^0/, ''), name, sha };
    }),
    blob: blobOf(README),
  };
  let before = await readRefs();
  let taken = 0;

  async function readRefs(): Promise<string> {
    return mustGit({ gitDir, args: ['for-each-ref', '--format=%(refname) %(objectname)'] });
  }

  async function attack({ body }: CraftedPush): Promise<Fate> {
    const answer = await receivePack({
      repository,
      body: Readable.from([body]),
      hidden: [],
      keep: async () => undefined,
    });
    const said = answer.body instanceof Uint8Array ? Buffer.from(answer.body).toString('latin1') : '';
    if (answer.status >= 500 && !said.includes('accepted nothing')) {
      return { bypass: `the door answered ${answer.status}` };
    }
    const refs = await readRefs();
    if (refs === before) {
      return 'refused';
    }
    const others = refs.split('\n').filter((line) => !line.startsWith(`${target.ref} `));
    if (others.join('\n') !== before) {
      return { bypass: `refs are now ${refs}` };
    }
    const tipSha =
      refs
        .split('\n')
        .find((line) => line.startsWith(`${target.ref} `))
        ?.split(' ')[1] ?? '';
    try {
      return await judge(tipSha);
    } finally {
      taken += 1;
      await reset();
    }
  }

  async function judge(tipSha: string): Promise<Fate> {
    const kind = (await mustGit({ gitDir, args: ['cat-file', '-t', tipSha] })).trim();
    if (kind !== 'commit') {
      // The publisher asks for a commit at the branch and finds none.
      const found = await runGit({ gitDir, args: ['rev-parse', '--verify', '--quiet', `${target.ref}^{commit}`] });
      return found.ok && kind !== 'tag' ? { bypass: `the branch is a ${kind}` } : 'stopped';
    }
    if (tipSha === baseSha) {
      return 'stopped';
    }
    const { facts } = await inspectWork({ gitDir, baseSha, tipSha }, async (bytes) =>
      Buffer.from(bytes).includes('sk-canary') ? [{ kind: 'canary', index: 0, length: 9 }] : [],
    );
    if (facts.isOnBase && facts.net.length === 0) {
      return 'stopped';
    }
    const decision = decideGate({ ...facts, outsiders: [] }, POLICY);
    return decision.outcome === 'pass' ? isHarmless(tipSha) : 'stopped';
  }

  /** Whether what passed is a change that anybody may make, found out without our own code. */
  async function isHarmless(tipSha: string): Promise<Fate> {
    const raw = await git(gitDir, 'diff-tree', '-r', '-z', '--no-renames', '--raw', baseSha, tipSha);
    const fields = raw.split('\0').filter(Boolean);
    const wrong: string[] = [];
    for (let at = 0; at + 1 < fields.length; at += 2) {
      const [, mode = ''] = (fields[at] ?? '').split(' ');
      const name = fields[at + 1] ?? '';
      const isPlain =
        /^[\p{L}\p{N}\p{M} _.\-+@#$%&()=[\]{}!,;'~^`"<>*?|:]+(?:\/[\p{L}\p{N}\p{M} _.\-+@#$%&()=[\]{}!,;'~^`"<>*?|:]+)*$/u.test(
          name,
        );
      const parts = name.toLowerCase().split('/');
      const steers = parts.some((part) => /^\.{1,2}$|^\.?git(?:[^a-z0-9]|$)|^\.git|agents\.md/.test(part));
      if (!['100644', '100755', '000000'].includes(mode) || !isPlain || steers) {
        wrong.push(`${mode} ${name}`);
      }
    }
    if ((await git(gitDir, 'merge-base', baseSha, tipSha)) !== baseSha) {
      wrong.push('a history of its own');
    }
    return wrong.length === 0 ? 'harmless' : { bypass: wrong.join(', ') };
  }

  /** What was taken must neither help nor hinder what comes after it. */
  async function reset(): Promise<void> {
    if (taken % 50 === 0) {
      await rm(gitDir, { recursive: true, force: true });
      await cp(clean, gitDir, { recursive: true });
    } else {
      await mustGit({ gitDir, args: ['update-ref', '-d', target.ref] });
    }
    before = await readRefs();
  }

  return { target, attack, close: () => fixture.close() };
}
