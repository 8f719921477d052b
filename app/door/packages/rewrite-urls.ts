import type { Registry } from './registry-table.ts';

export interface Replacement {
  readonly from: Buffer;
  readonly to: Buffer;
}

/**
 * What in metadata has to lead to the mirror: the addresses of the registry and of its further hosts, in the forms in which
 * they occur in JSON, XML and HTML. `own` is the mirror of the registry the client asked.
 */
export function listReplacements(registry: Registry, mirror: { own: string; its: string }): Replacement[] {
  const places: [from: string, to: string][] = [
    [registry.url, mirror.own],
    ...Object.entries(registry.hosts).map(([name, url]): [string, string] => [url, `${mirror.its}/+${name}`]),
    ...Object.entries(registry.protocol.aliases ?? {})
      .filter(([, name]) => registry.hosts[name] !== undefined)
      .map(([url, name]): [string, string] => [url, `${mirror.its}/+${name}`]),
  ];
  return places
    .flatMap(([from, to]) => [
      [from, to] as const,
      // Registries of age still name themselves without encryption
      [from.replace(/^https:/, 'http:'), to] as const,
    ])
    .flatMap(([from, to]) => [
      { from: Buffer.from(`${from}/`), to: Buffer.from(`${to}/`) },
      { from: Buffer.from(`${from}/`.replaceAll('/', '\\/')), to: Buffer.from(`${to}/`.replaceAll('/', '\\/')) },
    ])
    .concat(
      registry.protocol.hasRootRelativeLinks === true
        ? [
            {
              from: Buffer.from(`href="${new URL(`${registry.url}/`).pathname}`),
              to: Buffer.from(`href="${mirror.own}/`),
            },
          ]
        : [],
    )
    .filter(({ from, to }) => !from.equals(to))
    .sort((one, other) => other.from.length - one.from.length);
}

/** Replaces as the bytes pass. An address that is cut by the end of a chunk is found too. */
export async function* replaceAll(
  source: AsyncIterable<Uint8Array>,
  replacements: readonly Replacement[],
): AsyncGenerator<Uint8Array> {
  const longest = Math.max(1, ...replacements.map(({ from }) => from.length));
  let rest = Buffer.alloc(0);
  for await (const chunk of source) {
    const buffer = Buffer.concat([rest, chunk]);
    // What begins in the last bytes may continue in the next chunk
    const { pieces, position } = replaceIn(buffer, replacements, buffer.length - longest + 1);
    yield* pieces;
    rest = buffer.subarray(position);
  }
  const { pieces, position } = replaceIn(rest, replacements, rest.length);
  yield* [...pieces, rest.subarray(position)].filter(({ length }) => length > 0);
}

/** Replaces what begins before `until`, and returns what is done and where to continue. */
function replaceIn(
  buffer: Buffer,
  replacements: readonly Replacement[],
  until: number,
): { pieces: Uint8Array[]; position: number } {
  const pieces: Uint8Array[] = [];
  const nextOf = new Map(replacements.map((replacement) => [replacement, buffer.indexOf(replacement.from)]));
  let position = 0;
  for (;;) {
    let found: { at: number; replacement: Replacement } | null = null;
    for (const replacement of replacements) {
      let at = nextOf.get(replacement) ?? -1;
      if (at !== -1 && at < position) {
        at = buffer.indexOf(replacement.from, position);
        nextOf.set(replacement, at);
      }
      if (at !== -1 && (found === null || at < found.at)) {
        found = { at, replacement };
      }
    }
    if (found === null || found.at >= until) {
      break;
    }
    pieces.push(buffer.subarray(position, found.at), found.replacement.to);
    position = found.at + found.replacement.from.length;
  }
  if (until > position) {
    pieces.push(buffer.subarray(position, until));
    position = until;
  }
  return { pieces, position };
}
