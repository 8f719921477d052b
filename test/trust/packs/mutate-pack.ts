import { pick } from '../suite.ts';
import { blobOf, commitOf, packOf, pushOf, sealed, shaOf, treeOf, type GitObject, type TreeLine } from './pack-file.ts';
import type { CraftedPush, Target } from './crafted-packs.ts';

type Random = () => number;

/** Changes some bytes: other values, cut out, put in, said twice, or a word that means something to git. */
function mutate(bytes: Buffer, random: Random): Buffer {
  let changed = Buffer.from(bytes);
  const changes = 1 + Math.floor(random() * 3);
  for (let count = 0; count < changes; count += 1) {
    const at = Math.floor(random() * (changed.length + 1));
    const before = changed.subarray(0, at);
    const after = changed.subarray(at);
    switch (Math.floor(random() * 6)) {
      case 0:
        changed = Buffer.concat([before, Buffer.from([Math.floor(random() * 256)]), after.subarray(1)]);
        break;
      case 1:
        changed = Buffer.concat([before, after.subarray(1 + Math.floor(random() * 8))]);
        break;
      case 2:
        changed = Buffer.concat([before, Buffer.from([pick(random, [0, 10, 32, 46, 47, 255])]), after]);
        break;
      case 3:
        changed = Buffer.concat([before, after.subarray(0, 24), after]);
        break;
      case 4:
        changed = Buffer.concat([before, Buffer.from(pick(random, WORDS)), after]);
        break;
      default:
        changed = Buffer.concat([
          before,
          Buffer.from([(after[0] ?? 0) ^ (1 << Math.floor(random() * 8))]),
          after.subarray(1),
        ]);
    }
  }
  return changed;
}

const WORDS = [
  '.git',
  '..',
  '120000 ',
  '160000 ',
  '40000 ',
  '\0',
  '/',
  '\u200b',
  '.gitmodules\0',
  'parent ',
  'tree ',
  '\n\n',
  'AGENTS.md',
];

/** A push as a worker makes it, with something in it changed by chance; what refers to the changed part follows it. */
export function mutatePush(target: Target, random: Random): CraftedPush {
  const text = blobOf(`line ${Math.floor(random() * 1e9)}\n`.repeat(1 + Math.floor(random() * 5)));
  const inner = treeOf([{ mode: pick(random, ['100644', '100755']), name: 'file.txt', sha: shaOf(text) }]);
  const kind = Math.floor(random() * 5);
  const folder = kind === 0 ? { ...inner, content: mutate(inner.content, random) } : inner;
  const lines: TreeLine[] = [...target.root, { mode: '40000', name: 'zz', sha: shaOf(folder) }];
  const root = treeOf(lines);
  const top: GitObject = kind === 1 ? { ...root, content: mutate(root.content, random) } : root;
  const commit = commitOf({ tree: shaOf(top), parents: [target.baseSha] });
  const tip: GitObject = kind === 2 ? { ...commit, content: mutate(commit.content, random) } : commit;
  const pack = packOf([tip, top, folder, text]);
  const command = [{ from: '0'.repeat(40), to: shaOf(tip), ref: target.ref }];
  switch (kind) {
    case 3:
      return { what: 'bytes of a pack', body: pushOf(command, sealed(mutate(pack.subarray(0, -20), random))) };
    case 4:
      return { what: 'bytes of a push', body: mutate(pushOf(command, pack), random) };
    default:
      return { what: ['a folder', 'a root', 'a commit'][kind] ?? '', body: pushOf(command, pack) };
  }
}
