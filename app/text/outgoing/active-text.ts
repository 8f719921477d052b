/** What text from an agent may still do where people read it; everything else that GitHub would act on is shown as code. */
export interface Allowed {
  /** `https://github.com` or another server; only links to it stay links. */
  readonly serverUrl: string;
  /** The one person who may be notified, once; usually the requester. */
  readonly mention?: { readonly login: string };
  /** The task's own issue; the only number that may stay a reference. */
  readonly issue?: number;
}

/** What acts on GitHub, by the first alternative that fits at a place. Every repetition is bounded. */
const ACTS = new RegExp(
  [
    String.raw`(?<escaped>\\[!-/:-@[-\x60{-~])`,
    String.raw`(?<tick>\x60)`,
    String.raw`<(?<angle>[a-z][a-z0-9+.-]{1,31}:[^\s<>]{0,2000})>`,
    String.raw`(?<tag><(?=[a-z/!?]))`,
    String.raw`(?<address>(?:https?|ftp|mailto|xmpp):[^\s<>|\x60\\]{1,2000}|www\.[^\s<>|\x60\\]{1,2000})`,
    String.raw`(?<mail>(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+)`,
    String.raw`(?<commit>(?<![\w.-])[\w.-]{1,39}(?:/[\w.-]{1,100})?@[0-9a-f]{7,40}\b)`,
    String.raw`(?<mention>@[a-z\d][\w-]{0,38}(?:/[\w.-]{1,100})?)`,
    String.raw`(?<reference>(?:(?<![\w.-])[\w.-]{1,39}/[\w.-]{1,100})?#\d{1,12}|(?<![a-z])GH-\d{1,12})`,
    String.raw`(?<math>\$(?:\d[\d.,]{0,20})?)`,
  ].join('|'),
  'gi',
);

export type ActiveKind = 'escaped' | 'tick' | 'tag' | 'address' | 'math' | 'mention' | 'reference' | 'other';

/** A place in prose that would do something on GitHub. */
export interface Acting {
  readonly kind: ActiveKind;
  readonly index: number;
  /** As it stands in the text. */
  readonly source: string;
  /** What acts of it: an address without its angles and without the marks that end a sentence. */
  readonly said: string;
}

/** All such places in prose whose needless escapes are gone (`withoutEscapes`), in order. */
export function* findActing(prose: string): Generator<Acting> {
  for (const match of prose.matchAll(ACTS)) {
    const groups = match.groups ?? {};
    const [source] = match;
    const kind = groups['angle'] === undefined ? kindOf(groups) : 'address';
    yield { kind, index: match.index, source, said: groups['angle'] ?? withoutEnd(source, kind) };
  }
}

const KINDS: readonly ActiveKind[] = ['escaped', 'tick', 'tag', 'address', 'math', 'mention', 'reference'];

function kindOf(groups: Readonly<Record<string, string | undefined>>): ActiveKind {
  return KINDS.find((kind) => groups[kind] !== undefined) ?? 'other';
}

/** GitHub looks for names, numbers and math in the finished page, where a backslash before them is gone. */
export function withoutEscapes(prose: string): string {
  return prose.replaceAll(/\\([!-/:-@[-`{-~])/g, (all, char: string) => ('@#-./:$'.includes(char) ? char : all));
}

export function isAllowedMention(said: string, { mention }: Allowed): boolean {
  return mention !== undefined && said.slice(1).toLowerCase() === mention.login.toLowerCase();
}

export function isAllowedReference(said: string, { issue }: Allowed): boolean {
  return issue !== undefined && said === `#${issue}`;
}

/** An address as a sentence holds it: marks at its end belong to the sentence. */
function withoutEnd(source: string, kind: ActiveKind): string {
  if (kind !== 'address') {
    return source;
  }
  let length = source.length;
  while (length > 0 && `).,;:!?'"*_~]`.includes(source.charAt(length - 1))) {
    length -= 1;
  }
  return source.slice(0, length);
}

/** A page of the server itself that is no issue, pull request or commit: those would be told that they were mentioned. */
export function isOwnPage(address: string, serverUrl: string): boolean {
  if (!URL.canParse(address) || !/^https?:\/\/[\w./:#?=&%~+-]+$/i.test(address)) {
    return false;
  }
  const url = new URL(address);
  const isOwn = url.origin === new URL(serverUrl).origin && url.username === '' && url.search === '';
  return (
    isOwn && /^\/[\w.-]+(?:\/[\w.-]+(?:\/(?:blob|tree|actions|wiki|releases)(?:\/[\w./-]*)?)?)?\/?$/.test(url.pathname)
  );
}
