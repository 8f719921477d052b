/** One entry of `git diff-tree --raw -z`, its path decoded. */
export interface RawChange {
  readonly path: string;
  readonly isUtf8: boolean;
  readonly status: 'A' | 'M' | 'D' | 'T';
  readonly oldMode: string;
  readonly mode: string;
  readonly oldSha: string;
  readonly sha: string;
}

/** Reads what `diff-tree --stdin -r -z --raw` says about pairs of trees: one list for each pair, by `tree tree`. */
export function parseRawDiff(output: Buffer): Map<string, RawChange[]> {
  const lists = new Map<string, RawChange[]>();
  let current: RawChange[] = [];
  const tokens = splitAtNul(output);
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index]?.toString('latin1') ?? '';
    if (!token.startsWith(':')) {
      current = [];
      lists.set(token, current);
      continue;
    }
    index += 1;
    const [oldMode = '', mode = '', oldSha = '', sha = '', status = ''] = token.slice(1).split(' ');
    current.push({
      ...decodePath(tokens[index] ?? Buffer.alloc(0)),
      status: readStatus(status),
      oldMode,
      mode,
      oldSha,
      sha,
    });
  }
  return lists;
}

export function splitAtNul(output: Buffer): Buffer[] {
  const tokens: Buffer[] = [];
  let start = 0;
  for (let end = output.indexOf(0); end !== -1; end = output.indexOf(0, start)) {
    tokens.push(output.subarray(start, end));
    start = end + 1;
  }
  return tokens;
}

function decodePath(bytes: Buffer): { path: string; isUtf8: boolean } {
  try {
    return { path: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), isUtf8: true };
  } catch {
    return { path: bytes.toString('utf8'), isUtf8: false };
  }
}

function readStatus(status: string): RawChange['status'] {
  if (status === 'A' || status === 'M' || status === 'D' || status === 'T') {
    return status;
  }
  throw new Error(`expected one of A, M, D, T from git diff-tree, found ${JSON.stringify(status)}`);
}
