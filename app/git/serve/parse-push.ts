import { takeStart } from '../../../protocol/index.ts';
import { isSha } from '../is-branch-name.ts';
import { readPktLine } from './pkt-line.ts';

export interface PushCommand {
  readonly oldSha: string;
  readonly newSha: string;
  /** The ref's raw name; bytes that are not UTF-8 come out as replacement characters and match nothing of ours. */
  readonly ref: string;
}

/** What a client asks for before its pack. */
export interface Push {
  readonly commands: readonly PushCommand[];
  readonly capabilities: readonly string[];
  /** Lines that are no commands: `shallow`, a push certificate. */
  readonly extras: readonly string[];
  /** Bytes of the command list, its flush included. */
  readonly length: number;
}

export type ParsedPush =
  | { readonly kind: 'push'; readonly push: Push }
  | { readonly kind: 'short' }
  | { readonly kind: 'malformed' };

/** Reads the command list at the start of a `git-receive-pack` body. */
export function parsePush(bytes: Buffer): ParsedPush {
  const commands: PushCommand[] = [];
  const extras: string[] = [];
  let capabilities: string[] = [];
  let rest = bytes;
  for (;;) {
    const read = readPktLine(rest);
    if (read.kind !== 'read') {
      return { kind: read.kind };
    }
    rest = read.rest;
    if (read.line.kind === 'flush') {
      return { kind: 'push', push: { commands, capabilities, extras, length: bytes.length - rest.length } };
    }
    const [text = '', announced] = read.line.bytes.toString('utf8').replace(/\n$/, '').split('\0');
    capabilities = announced === undefined ? capabilities : announced.split(' ').filter((word) => word !== '');
    const command = parseCommand(text);
    if (command === null) {
      extras.push(takeStart(text, 100));
    } else {
      commands.push(command);
    }
  }
}

function parseCommand(text: string): PushCommand | null {
  const oldSha = text.slice(0, 40);
  const newSha = text.slice(41, 81);
  if (!isSha(oldSha) || !isSha(newSha) || text[40] !== ' ' || text[81] !== ' ') {
    return null;
  }
  return { oldSha, newSha, ref: text.slice(82) };
}
