import type { WorkerEvent } from '../../../protocol/index.ts';

export type LogStream = Extract<WorkerEvent, { type: 'log' }>['stream'];
export type LogTexts = ReadonlyMap<LogStream, string>;

type Redact = (text: string) => string;

/** Lines and key blocks are redacted in one piece up to this length. */
const MAX_TAIL_CHARS = 16_384;
/** How much of a longer line waits for what follows, and how far around a cut a secret is looked for. */
const WINDOW_CHARS = 4_096;

/**
 * Output arrives in pieces that are cut anywhere, also in the middle of a secret. So only whole lines are redacted and
 * written; the unfinished end of each log, its tail, waits for the piece that completes it.
 */
export function joinLogs(tails: LogTexts, pieces: LogTexts, redact: Redact): { complete: LogTexts; tails: LogTexts } {
  const complete = new Map<LogStream, string>();
  const left = new Map(tails);
  for (const [stream, piece] of pieces) {
    const text = (tails.get(stream) ?? '') + piece;
    const end = findEnd(text, redact);
    complete.set(stream, redact(text.slice(0, end)));
    left.set(stream, text.slice(end));
  }
  return { complete: dropEmpty(complete), tails: dropEmpty(left) };
}

/** The tails when nothing follows them, redacted, as whole lines. */
export function endLogs(tails: LogTexts, redact: Redact): LogTexts {
  return new Map([...tails].map(([stream, tail]) => [stream, `${redact(tail)}\n`]));
}

function findEnd(text: string, redact: Redact): number {
  const lineEnd = text.lastIndexOf('\n') + 1;
  const end = Math.min(lineEnd, findOpenKey(text) ?? lineEnd);
  return text.length - end <= MAX_TAIL_CHARS ? end : findCut(text, redact);
}

/** Where a private key begins that has no end yet: its lines are a secret only together. */
function findOpenKey(text: string): number | null {
  const start = text.lastIndexOf('-----BEGIN ');
  const isWhole = /-----END [^\n]*\n/.test(text.slice(Math.max(0, start)));
  return start >= 0 && !isWhole ? start : null;
}

/** Where a line that is too long to wait for can be cut without cutting a secret; its end when there is no such place. */
function findCut(text: string, redact: Redact): number {
  for (let at = text.length - WINDOW_CHARS; at > text.length - 3 * WINDOW_CHARS; at -= WINDOW_CHARS / 8) {
    const [before, after] = [text.slice(at - WINDOW_CHARS, at), text.slice(at, at + WINDOW_CHARS)];
    if (redact(before + after) === redact(before) + redact(after)) {
      return at;
    }
  }
  return text.length;
}

function dropEmpty(texts: LogTexts): LogTexts {
  return new Map([...texts].filter(([, text]) => text !== ''));
}
