import { deflateSync } from 'node:zlib';
import {
  blobOf,
  commitOf,
  deltaSize,
  entryHeader,
  ofsDelta,
  packOf,
  pushOf,
  refDelta,
  sealed,
  shaOf,
  treeOf,
  type GitObject,
  type PackEntry,
  type TreeLine,
} from './pack-file.ts';

/** What the attacker knows of the repository: the branch it may push and what it was given. */
export interface Target {
  readonly ref: string;
  readonly baseSha: string;
  readonly baseTree: string;
  /** Entries of the root of the base. */
  readonly root: readonly TreeLine[];
  /** A blob of the base, and its content. */
  readonly blob: GitObject;
}

export interface CraftedPush {
  readonly what: string;
  readonly body: Buffer;
}

const ZERO = '0'.repeat(40);
const TEXT = blobOf('text\n');

/** Names that some system takes for something else, or that show something else than they are. */
const NAMES: readonly (string | Buffer)[] = [
  '..',
  '.',
  '',
  '.git',
  '.GIT',
  '.Git',
  '.git ',
  '.git.',
  '.git . .',
  'git~1',
  'GIT~1',
  'Git~1',
  '.git::$INDEX_ALLOCATION',
  '.g‌it',
  '.gi‍t',
  '​.git',
  '.git‏',
  '﻿.git',
  '.⁠git',
  '．git',
  '.ｇｉｔ',
  '.git\\hooks',
  'a/b',
  '/etc',
  'a\\..\\..\\b',
  'a//b',
  'CON',
  'nul.txt',
  'aux',
  'com1',
  'LPT9.md',
  'PRN.js',
  'name::$DATA',
  'a.js:x',
  'a\nb',
  'a	b',
  'a\rb',
  'a\x1Bb',
  'ab',
  'ab',
  '‮gnp.js',
  'a⁦b',
  'a​b',
  'a­b',
  'é.js',
  'x'.repeat(300),
  'ᅟ',
  'README.MD',
  'Readme.md',
  'readme.md',
  'SRC',
  'Src',
  Buffer.from([255, 254, 97]),
  Buffer.from([97, 192, 175, 98]),
  Buffer.from([237, 160, 128]),
];

/** Files that steer what runs, or what people and agents are told. */
const STEERING: readonly string[] = [
  '.gitmodules',
  '.GITMODULES',
  '.gitattributes',
  '.gitattributes ',
  '.lfsconfig',
  'gitmod~1',
  'CODEOWNERS',
  'AGENTS.md',
  'agents.MD',
  'CLAUDE.md',
  '.mcp.json',
  '.npmrc',
  '.envrc',
  'CONTRIBUTING.md',
  '.travis.yml',
  'Jenkinsfile',
  'lefthook.yml',
  '.github/workflows/x.yml',
  '.GitHub/Workflows/x.yml',
  '.github/actions/a/action.yml',
  '.github/dependabot.yml',
  '.github/CODEOWNERS',
  '.github/bosun.yml',
  '.husky/pre-commit',
  '.vscode/tasks.json',
  '.devcontainer/devcontainer.json',
  '.cursor/rules/x',
  '.claude/settings.json',
  '.circleci/config.yml',
  'deep/down/.npmrc',
  'deep/AGENTS.md',
  '.cargo/config.toml',
];

const MODES: readonly string[] = [
  '120000',
  '160000',
  '100664',
  '100600',
  '100777',
  '000000',
  '0100644',
  '100645',
  '777',
  '170000',
  '1',
  'abc',
  '40000',
  '-1',
];

function inFolders(path: string, sha: string): { lines: TreeLine[]; objects: GitObject[] } {
  const parts = path.split('/');
  const objects: GitObject[] = [];
  let line: TreeLine = { mode: '100644', name: parts.at(-1) ?? '', sha };
  for (const folder of parts.slice(0, -1).toReversed()) {
    const tree = treeOf([line]);
    objects.push(tree);
    line = { mode: '40000', name: folder, sha: shaOf(tree) };
  }
  return { lines: [line], objects };
}

/** Pushes that no honest client makes; not one of them may come past git and the gate. */
export function craftPushes(target: Target): readonly CraftedPush[] {
  const pushes: CraftedPush[] = [];

  function add(what: string, push: { tip: string; pack: Buffer; ref?: string; from?: string }): void {
    const { from = ZERO, pack, ref = target.ref, tip } = push;
    pushes.push({ what, body: pushOf([{ from, to: tip, ref }], pack) });
  }

  function sorted(lines: readonly TreeLine[]): TreeLine[] {
    const key = ({ mode, name }: TreeLine): Buffer =>
      Buffer.concat([Buffer.from(name), Buffer.from(mode === '40000' ? '/' : '')]);
    return lines.toSorted((one, other) => Buffer.compare(key(one), key(other)));
  }

  /** A commit on the base whose root is the base's and these lines. */
  function onBase(lines: readonly TreeLine[], more: readonly GitObject[] = []) {
    const names = lines.map(({ name }) => Buffer.from(name).toString('latin1'));
    const kept = target.root.filter(({ name }) => !names.includes(Buffer.from(name).toString('latin1')));
    const tree = treeOf(sorted([...kept, ...lines]));
    const commit = commitOf({ tree: shaOf(tree), parents: [target.baseSha] });
    return { tip: shaOf(commit), tree: shaOf(tree), objects: [commit, tree, ...more] };
  }

  function addTree(what: string, lines: readonly TreeLine[], more: readonly GitObject[] = [TEXT]): void {
    const { objects, tip } = onBase(lines, more);
    add(what, { tip, pack: packOf(objects) });
  }

  function addCommit(what: string, commit: GitObject, more: readonly PackEntry[] = []): void {
    add(what, { tip: shaOf(commit), pack: packOf([commit, ...more]) });
  }

  for (const name of NAMES) {
    addTree(`a file named ${JSON.stringify(name.toString())}`, [{ mode: '100644', name, sha: shaOf(TEXT) }]);
  }
  for (const name of ['.git', '.GIT', '..', '.git ', '.g\u200cit', 'git~1']) {
    const hook = treeOf([{ mode: '100755', name: 'post-checkout', sha: shaOf(TEXT) }]);
    const hooks = treeOf([{ mode: '40000', name: 'hooks', sha: shaOf(hook) }]);
    addTree(
      `hooks in a folder named ${JSON.stringify(name)}`,
      [{ mode: '40000', name, sha: shaOf(hooks) }],
      [TEXT, hook, hooks],
    );
  }
  for (const path of STEERING) {
    const { lines, objects } = inFolders(path, shaOf(TEXT));
    addTree(`a change of ${path}`, lines, [TEXT, ...objects]);
  }
  for (const mode of MODES) {
    addTree(`a file of mode ${mode}`, [{ mode, name: 'zzz', sha: shaOf(TEXT) }]);
  }
  const link = blobOf('/etc/passwd');
  addTree('a link to a file of the machine', [{ mode: '120000', name: 'zzz', sha: shaOf(link) }], [link]);
  const modules = blobOf('[submodule "x"]\n\tpath = x\n\turl = --upload-pack=touch\n');
  addTree(
    'a submodule with an option for its address',
    [
      { mode: '100644', name: '.gitmodules', sha: shaOf(modules) },
      { mode: '160000', name: 'x', sha: '1'.repeat(40) },
    ],
    [modules],
  );
  const secret = blobOf('key = "sk-canary"\n');
  addTree('a file with a secret', [{ mode: '100644', name: 'zzz', sha: shaOf(secret) }], [secret]);
  const manifest = blobOf('{"name":"x","scripts":{"postinstall":"sh x"}}\n');
  addTree(
    'a script for the installation',
    [{ mode: '100644', name: 'package.json', sha: shaOf(manifest) }],
    [manifest],
  );
  const binary = blobOf(Buffer.alloc(700 * 1024, 0));
  addTree('a large file that nobody can read', [{ mode: '100644', name: 'zzz', sha: shaOf(binary) }], [binary]);
  addTree(
    'more files than anyone reviews',
    Array.from({ length: 150 }, (_, at) => ({ mode: '100644', name: `z${at}`, sha: shaOf(TEXT) })),
  );

  // Trees that are none.
  const lines = [
    { mode: '100644', name: 'b', sha: shaOf(TEXT) },
    { mode: '100644', name: 'a', sha: shaOf(TEXT) },
  ];
  for (const [what, tree] of [
    ['a tree out of order', treeOf(lines)],
    ['a tree with a name twice', treeOf([...lines.slice(1), ...lines.slice(1)])],
    [
      'a tree with a file and a folder of one name',
      treeOf([...lines.slice(1), { mode: '40000', name: 'a', sha: target.baseTree }]),
    ],
    ['a tree that ends in an entry', { type: 'tree', content: treeOf(lines.slice(1)).content.subarray(0, -3) }],
    ['a tree without an end of a name', { type: 'tree', content: Buffer.from('100644 abc') }],
    ['a tree of random bytes', { type: 'tree', content: Buffer.from('\u0001\u0002\u0003nothing') }],
    ['a tree with a hash of zeros', treeOf([{ mode: '100644', name: 'a', sha: ZERO }])],
    ['a tree with a file that is missing', treeOf([{ mode: '100644', name: 'a', sha: '7'.repeat(40) }])],
    ['a tree with a folder that is a file', treeOf([{ mode: '40000', name: 'a', sha: shaOf(TEXT) }])],
    ['a tree with a file that is a folder', treeOf([{ mode: '100644', name: 'a', sha: target.baseTree }])],
  ] as const satisfies readonly (readonly [string, GitObject])[]) {
    addCommit(what, commitOf({ tree: shaOf(tree), parents: [target.baseSha] }), [tree, TEXT]);
  }
  let deep = treeOf([{ mode: '100644', name: 'a', sha: shaOf(TEXT) }]);
  const folders: GitObject[] = [deep];
  for (let depth = 0; depth < 2_000; depth += 1) {
    deep = treeOf([{ mode: '40000', name: 'a', sha: shaOf(deep) }]);
    folders.push(deep);
  }
  addTree('thousands of folders in each other', [{ mode: '40000', name: 'zzz', sha: shaOf(deep) }], [TEXT, ...folders]);
  let wide = treeOf(Array.from({ length: 40 }, (_, at) => ({ mode: '100644', name: `f${at + 10}`, sha: shaOf(TEXT) })));
  const widths: GitObject[] = [wide];
  for (let depth = 0; depth < 6; depth += 1) {
    wide = treeOf(Array.from({ length: 40 }, (_, at) => ({ mode: '40000', name: `d${at + 10}`, sha: shaOf(wide) })));
    widths.push(wide);
  }
  addTree(
    'a few objects that unfold into billions of files',
    [{ mode: '40000', name: 'zzz', sha: shaOf(wide) }],
    [TEXT, ...widths],
  );

  // Commits that are none, or that do not stand on the base.
  const { baseTree, baseSha } = target;
  const good = commitOf({ tree: baseTree, parents: [baseSha] }).content.toString();
  for (const [what, content] of [
    ['a commit without a tree', good.replace(/^tree.*\n/, '')],
    ['a commit without an author', good.replace(/author.*\n/, '')],
    ['a commit with two authors', good.replace(/(author.*\n)/, '$1$1')],
    ['a commit with a NUL in its header', good.replace('Eve', 'E\0ve')],
    ['a commit with a date beyond all time', good.replaceAll('1700000000', '99999999999999999999999')],
    ['a commit with an address that does not end', good.replaceAll('<eve@example.com>', '<eve@example.com')],
    ['a commit with a tree that is missing', good.replace(baseTree, '9'.repeat(40))],
    ['a commit with a tree that is a commit', good.replace(`tree ${baseTree}`, `tree ${baseSha}`)],
    ['a commit with a short hash', good.replace(baseTree, baseTree.slice(0, 20))],
    ['a commit that is empty', ''],
    ['a commit with a parent that is missing', good.replace(`parent ${baseSha}`, `parent ${'8'.repeat(40)}`)],
    ['a commit with a parent that is a tree', good.replace(`parent ${baseSha}`, `parent ${baseTree}`)],
    ['a commit without a parent', good.replace(/parent.*\n/, '')],
  ] as const) {
    addCommit(what, { type: 'commit', content: Buffer.from(content) });
  }
  const root = commitOf({ tree: baseTree, parents: [] });
  addCommit('a commit on a history of its own', commitOf({ tree: baseTree, parents: [shaOf(root)] }), [root]);
  let last = baseSha;
  const chain: GitObject[] = [];
  for (let at = 0; at < 80; at += 1) {
    const commit = commitOf({ tree: baseTree, parents: [last], message: `${at}\n` });
    chain.push(commit);
    last = shaOf(commit);
  }
  const hidden = onBase([{ mode: '100644', name: 'AGENTS.md', sha: shaOf(TEXT) }], [TEXT]);
  const after = commitOf({ tree: baseTree, parents: [hidden.tip] });
  addCommit('a protected file on the way to a clean end', after, hidden.objects);
  const plain = onBase([{ mode: '100644', name: 'zzz', sha: shaOf(TEXT) }], [TEXT]);
  addCommit('more commits than anyone reviews', commitOf({ tree: plain.tree, parents: [last] }), [
    ...chain,
    ...plain.objects,
  ]);
  for (const [what, tip] of [
    ['a branch that is a file', TEXT],
    ['a branch that is a tree', treeOf([{ mode: '100644', name: 'a', sha: shaOf(TEXT) }])],
    [
      'a branch that is a tag',
      { type: 'tag', content: Buffer.from(`object ${baseSha}\ntype commit\ntag x\ntagger Eve <e@x> 1 +0000\n\nx\n`) },
    ],
  ] as const satisfies readonly (readonly [string, GitObject])[]) {
    addCommit(what, tip, [TEXT]);
  }
  add('a branch at an object that is missing', { tip: '6'.repeat(40), pack: packOf([TEXT]) });

  // Packs that are none.
  const whole = onBase([{ mode: '120000', name: 'zzz', sha: shaOf(TEXT) }], [TEXT]);
  const pack = packOf(whole.objects);
  const { tip } = whole;
  for (const length of [0, 4, 11, 12, 20, 40, pack.length - 21, pack.length - 20, pack.length - 1]) {
    add(`a pack that ends after ${length} bytes`, { tip, pack: pack.subarray(0, length) });
  }
  add('a pack with a wrong checksum', { tip, pack: Buffer.concat([pack.subarray(0, -20), Buffer.alloc(20)]) });
  for (const count of [0, 1, 2, 4, 99, 20_000, 20_001, 0xffffffff]) {
    add(`a pack that claims ${count} objects`, { tip, pack: packOf(whole.objects, { count }) });
  }
  for (const version of [0, 1, 3, 4, 0xffffffff]) {
    add(`a pack of version ${version}`, { tip, pack: packOf(whole.objects, { version }) });
  }
  add('a pack with another magic', { tip, pack: packOf(whole.objects, { magic: 'PACX' }) });
  add('a pack followed by bytes', { tip, pack: Buffer.concat([pack, Buffer.alloc(100, 65)]) });
  add('two packs after each other', { tip, pack: Buffer.concat([pack, pack]) });
  const delta = Buffer.concat([deltaSize(5), deltaSize(5), Buffer.from([5]), Buffer.from('evil\n')]);
  const size = target.blob.content.length;
  const copyAll = Buffer.concat([deltaSize(size), deltaSize(0xffffffff), Buffer.from([0x80])]);
  const copies = Buffer.concat([
    deltaSize(size),
    deltaSize(size * 100_000),
    Buffer.concat(Array.from({ length: 100_000 }, () => Buffer.from([0x90, size & 255]))),
  ]);
  for (const [what, entry] of [
    ['a delta on an object that is missing', refDelta('5'.repeat(40), delta)],
    ['a delta on itself', refDelta(shaOf(TEXT), delta)],
    ['a delta that claims another size of its base', refDelta(shaOf(target.blob), delta)],
    ['a delta that claims four gigabytes', refDelta(shaOf(target.blob), copyAll)],
    ['a delta of many copies', refDelta(shaOf(target.blob), copies)],
    [
      'a delta that ends in an instruction',
      refDelta(shaOf(target.blob), Buffer.concat([deltaSize(size), deltaSize(9), Buffer.from([0xff, 1])])),
    ],
    ['a delta before the start of the pack', ofsDelta(Buffer.from([0xff, 0xff, 0x7f]), delta)],
    ['a delta on its own place', ofsDelta(Buffer.from([0]), delta)],
    ['an object of type 0', { raw: Buffer.concat([entryHeader(0, 5), deflateSync('text\n')]) }],
    ['an object of type 5', { raw: Buffer.concat([entryHeader(5, 5), deflateSync('text\n')]) }],
    ['an object that claims more than it has', { raw: Buffer.concat([entryHeader(3, 500), deflateSync('text\n')]) }],
    ['an object that claims less than it has', { raw: Buffer.concat([entryHeader(3, 1), deflateSync('text\n')]) }],
    [
      'an object that claims more than any machine has',
      { raw: Buffer.concat([entryHeader(3, 2 ** 50), deflateSync('text\n')]) },
    ],
    [
      'an object that unfolds a thousandfold',
      { raw: Buffer.concat([entryHeader(3, 300 * 1024 * 1024), deflateSync(Buffer.alloc(300 * 1024 * 1024))]) },
    ],
    ['an object that is not compressed', { raw: Buffer.concat([entryHeader(3, 5), Buffer.from('text\n')]) }],
    ['an object with a size without an end', { raw: Buffer.alloc(40, 0xff) }],
  ] as const satisfies readonly (readonly [string, PackEntry])[]) {
    add(what, { tip, pack: packOf([...whole.objects.slice(0, 2), entry]) });
  }
  add('a pack of nothing but its header', { tip, pack: sealed(Buffer.from('PACK\0\0\0\u0002\0\0\0\0', 'latin1')) });

  // Places that are not the worker's. What would go there is harmless.
  const plainPack = packOf(plain.objects);
  for (const ref of [
    'refs/heads/main',
    'HEAD',
    'refs/heads/other',
    'refs/tags/v1',
    'refs/notes/commits',
    'refs/pull/1/head',
    `refs/replace/${baseSha}`,
    `${target.ref}/below`,
    'refs/heads/bosun',
    `${target.ref} `,
    `${target.ref}\u200b`,
    'refs/heads/../main',
    'refs/bosun/start',
    '',
    'config',
    '../../x',
    `refs/heads/${'x'.repeat(300)}`,
    'refs/heads/--upload-pack=x',
    'refs/heads/a..b',
    'refs/stash',
  ]) {
    add(`a push to ${JSON.stringify(ref)}`, { tip: plain.tip, pack: plainPack, ref });
  }
  add('a push that names another start', { tip: plain.tip, pack: plainPack, from: '4'.repeat(40) });
  pushes.push(
    { what: 'a deletion', body: pushOf([{ from: baseSha, to: ZERO, ref: target.ref }], Buffer.alloc(0)) },
    {
      what: 'a deletion of the base',
      body: pushOf([{ from: baseSha, to: ZERO, ref: 'refs/heads/main' }], Buffer.alloc(0)),
    },
    {
      what: 'two branches at once',
      body: pushOf(
        [
          { from: ZERO, to: plain.tip, ref: target.ref },
          { from: ZERO, to: plain.tip, ref: 'refs/heads/other' },
        ],
        plainPack,
      ),
    },
    {
      what: 'one branch twice',
      body: pushOf(
        [
          { from: ZERO, to: plain.tip, ref: target.ref },
          { from: ZERO, to: plain.tip, ref: target.ref },
        ],
        plainPack,
      ),
    },
    {
      what: 'a push with options',
      body: pushOf([{ from: ZERO, to: plain.tip, ref: target.ref }], plainPack, 'report-status push-options'),
    },
    {
      what: 'a push with a certificate',
      body: Buffer.concat([Buffer.from('0015push-cert\0report\n'), Buffer.from('0000'), plainPack]),
    },
    { what: 'commands that are no lines', body: Buffer.from('zzzz not a push at all') },
    { what: 'commands without an end', body: Buffer.alloc(200 * 1024, 48) },
    { what: 'nothing', body: Buffer.alloc(0) },
  );
  return pushes;
}
