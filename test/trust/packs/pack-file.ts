import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';

export type ObjectType = 'commit' | 'tree' | 'blob' | 'tag';

export interface GitObject {
  readonly type: ObjectType;
  readonly content: Buffer;
}

/** One entry of a pack: an object, or bytes that claim to be one. */
export type PackEntry = GitObject | { readonly raw: Buffer };

const TYPES: Readonly<Record<ObjectType, number>> = { commit: 1, tree: 2, blob: 3, tag: 4 };

export function shaOf({ content, type }: GitObject): string {
  return createHash('sha1').update(`${type} ${content.length}\0`).update(content).digest('hex');
}

export function blobOf(content: string | Buffer): GitObject {
  return { type: 'blob', content: Buffer.from(content) };
}

export interface TreeLine {
  readonly mode: string;
  readonly name: string | Buffer;
  readonly sha: string;
}

/** Entries as they are given, in whatever order and spelling. */
export function treeOf(lines: readonly TreeLine[]): GitObject {
  const content = Buffer.concat(
    lines.map(({ mode, name, sha }) =>
      Buffer.concat([Buffer.from(`${mode} `), Buffer.from(name), Buffer.from([0]), Buffer.from(sha, 'hex')]),
    ),
  );
  return { type: 'tree', content };
}

export function commitOf(commit: { tree: string; parents: readonly string[]; message?: string }): GitObject {
  const person = 'Eve <eve@example.com> 1700000000 +0000';
  const lines = [
    `tree ${commit.tree}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${person}`,
    `committer ${person}`,
    '',
    commit.message ?? 'Change\n',
  ];
  return { type: 'commit', content: Buffer.from(lines.join('\n')) };
}

/** Type and size as a pack writes them before the compressed bytes. */
export function entryHeader(type: number, size: number): Buffer {
  const bytes = [(type << 4) | (size & 15)];
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 0x80;
    bytes.push(rest & 127);
  }
  return Buffer.from(bytes);
}

/** An entry that says how to make an object out of another one. */
export function refDelta(baseSha: string, delta: Buffer): PackEntry {
  return { raw: Buffer.concat([entryHeader(7, delta.length), Buffer.from(baseSha, 'hex'), deflateSync(delta)]) };
}

export function ofsDelta(offset: Buffer, delta: Buffer): PackEntry {
  return { raw: Buffer.concat([entryHeader(6, delta.length), offset, deflateSync(delta)]) };
}

/** A number as deltas write it. */
export function deltaSize(size: number): Buffer {
  const bytes: number[] = [];
  let rest = size;
  do {
    bytes.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.from(bytes);
}

export function packOf(
  entries: readonly PackEntry[],
  header: { magic?: string; version?: number; count?: number } = {},
): Buffer {
  const head = Buffer.alloc(12);
  head.write(header.magic ?? 'PACK', 'latin1');
  head.writeUInt32BE(header.version ?? 2, 4);
  head.writeUInt32BE(header.count ?? entries.length, 8);
  const parts = entries.map((entry) =>
    'raw' in entry
      ? entry.raw
      : Buffer.concat([entryHeader(TYPES[entry.type], entry.content.length), deflateSync(entry.content)]),
  );
  return sealed(Buffer.concat([head, ...parts]));
}

/** With the checksum that git expects at the end. */
export function sealed(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, createHash('sha1').update(bytes).digest()]);
}

function pktLine(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes]);
}

/** The body of a push: its commands, and the pack. */
export function pushOf(
  commands: readonly { from: string; to: string; ref: string }[],
  pack: Buffer,
  capabilities = 'report-status',
): Buffer {
  const lines = commands.map(({ from, ref, to }, at) =>
    pktLine(`${from} ${to} ${ref}${at === 0 ? `\0${capabilities}` : ''}\n`),
  );
  return Buffer.concat([...lines, Buffer.from('0000'), pack]);
}
