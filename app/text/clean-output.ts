import { codeSpan, fenceCode } from './fence.ts';
import { markdownEvents } from './visible/markdown-events.ts';
import { visibleText } from './visible-text.ts';

export interface CleanOptions {
  /** `https://github.com` or another server; only links to it stay links. */
  readonly serverUrl: string;
  /** The one person who may be notified, once; usually the requester. */
  readonly mention?: { readonly login: string };
  /** The task's own issue; the only number that may stay a reference. */
  readonly issue?: number;
  /** The rest is cut and said so; 60,000 by default, because GitHub takes 65,536. */
  readonly maxLength?: number;
}

const MAX_LENGTH = 60_000;

/**
 * Markdown of an agent, safe to show on GitHub: nothing hidden, no HTML, no images, no notifications but the one allowed,
 * no links elsewhere, nothing that closes or refers to other issues. What may not act is shown as code; code stays as it
 * is. The result, cleaned again, gives itself as far as links and names go.
 */
export function cleanOutput(markdown: string, options: CleanOptions): string {
  const { text } = visibleText(markdown);
  const cleaned = new Cleaned(options);
  let at = 0;
  for (const [from, to] of codeRanges(text)) {
    cleaned.prose(text.slice(at, from));
    cleaned.code(text.slice(from, to));
    at = to;
  }
  cleaned.prose(text.slice(at));
  // What was put in could in theory join with what was there to something new; code cannot.
  const shown = hasMarkup(cleaned.text) ? fenceCode(text) : cleaned.text;
  return shorten(shown, options.maxLength ?? MAX_LENGTH);
}

function hasMarkup(text: string): boolean {
  const names: readonly string[] = [
    'link',
    'image',
    'definition',
    'autolink',
    'htmlText',
    'htmlFlow',
    'gfmFootnoteCall',
  ];
  return markdownEvents(text).some(([, token]) => names.includes(token.type));
}

/** Offsets of code, ascending and apart from each other. */
function codeRanges(text: string): [number, number][] {
  const names: readonly string[] = ['codeFenced', 'codeIndented', 'codeText'];
  return markdownEvents(text)
    .filter(([kind, token]) => kind === 'enter' && names.includes(token.type))
    .map(([, token]) => [token.start.offset, token.end.offset]);
}

/** What acts on GitHub, by the first alternative that fits at a place. Every repetition is bounded. */
const ACTS = new RegExp(
  [
    String.raw`(?<escaped>\\[!-/:-@[-\x60{-~])`,
    String.raw`(?<tick>\x60)`,
    String.raw`<(?<angle>[a-z][a-z0-9+.-]{1,31}:[^\s<>]{0,2000})>`,
    String.raw`(?<tag><(?=[a-z/!?]))`,
    String.raw`(?<address>(?:https?|ftp|mailto|xmpp):[^\s<>|\x60\\]{1,2000}|www\.[^\s<>|\x60\\]{1,2000})`,
    String.raw`(?<mail>[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+)`,
    String.raw`(?<commit>[\w.-]{1,39}(?:/[\w.-]{1,100})?@[0-9a-f]{7,40}\b)`,
    String.raw`(?<mention>@[a-z\d][\w-]{0,38}(?:/[\w.-]{1,100})?)`,
    String.raw`(?<reference>(?:[\w.-]{1,39}/[\w.-]{1,100})?#\d{1,12}|(?<![a-z])GH-\d{1,12})`,
  ].join('|'),
  'gi',
);

class Cleaned {
  readonly #options: CleanOptions;
  #text = '';
  #hasMentioned = false;
  /** An address ends at a blank alone; what stood directly behind it would become a part of it. */
  #isAfterAddress = false;

  constructor(options: CleanOptions) {
    this.#options = options;
  }

  get text(): string {
    return this.#text;
  }

  /** Code as it stands; kept apart from a span of ours, or their marks would run together. */
  code(source: string): void {
    this.#append((this.#text.endsWith('`') && source.startsWith('`') ? ' ' : '') + source);
  }

  prose(source: string): void {
    const plain = unescape(source);
    let at = 0;
    for (const match of plain.matchAll(ACTS)) {
      this.#append(plain.slice(at, match.index));
      at = match.index + match[0].length;
      this.#disarm(match[0], match.groups ?? {});
    }
    this.#append(plain.slice(at));
  }

  #disarm(all: string, groups: Readonly<Record<string, string | undefined>>): void {
    if (groups['escaped'] !== undefined) {
      this.#append(all);
    } else if (groups['tick'] !== undefined) {
      // Without a partner it is only a mark, and must not find one in a span of ours.
      this.#append('\\`');
    } else if (groups['tag'] !== undefined) {
      this.#append('\\<');
    } else if (groups['angle'] !== undefined) {
      this.#address(groups['angle'], '');
    } else if (groups['address'] !== undefined) {
      const end = /[).,;:!?'"*_~\]]+$/.exec(all)?.[0] ?? '';
      this.#address(all.slice(0, all.length - end.length), end);
    } else if (groups['mention'] !== undefined && this.#mayMention(all)) {
      this.#hasMentioned = true;
      this.#append(all);
    } else if (groups['reference'] !== undefined && all === `#${this.#options.issue ?? ''}`) {
      this.#append(all);
    } else {
      this.#span(all);
    }
  }

  #address(address: string, end: string): void {
    if (isOwnPage(address, this.#options.serverUrl)) {
      this.#append(address + end);
      this.#isAfterAddress = true;
    } else {
      this.#span(address);
      this.#append(end);
    }
  }

  #mayMention(said: string): boolean {
    const allowed = this.#options.mention?.login.toLowerCase();
    return !this.#hasMentioned && said.slice(1).toLowerCase() === allowed;
  }

  #span(text: string): void {
    this.#append((/[`\\]$/.test(this.#text) ? ' ' : '') + codeSpan(text));
  }

  #append(text: string): void {
    if (text !== '') {
      this.#text += (this.#isAfterAddress && !/^\s/.test(text) ? ' ' : '') + text;
      this.#isAfterAddress = false;
    }
  }
}

/** GitHub looks for names and numbers in the finished page, where a backslash before them is gone. */
function unescape(source: string): string {
  return source.replaceAll(/\\([!-/:-@[-`{-~])/g, (all, char: string) => ('@#-./:'.includes(char) ? char : all));
}

/** A page of the server itself that is no issue, pull request or commit: those would be told that they were mentioned. */
function isOwnPage(address: string, serverUrl: string): boolean {
  if (!URL.canParse(address) || !/^https?:\/\/[\w./:#?=&%~+-]+$/i.test(address)) {
    return false;
  }
  const url = new URL(address);
  const isOwn = url.origin === new URL(serverUrl).origin && url.username === '' && url.search === '';
  return (
    isOwn && /^\/[\w.-]+(?:\/[\w.-]+(?:\/(?:blob|tree|actions|wiki|releases)(?:\/[\w./-]*)?)?)?\/?$/.test(url.pathname)
  );
}

function shorten(text: string, maxLength: number): string {
  if (text.length <= maxLength) {
    return text;
  }
  const end = '\n\n*The rest was cut because it is too long.*';
  const cut = text.slice(0, Math.max(0, maxLength - end.length - 12));
  const lastLine = cut.lastIndexOf('\n');
  const kept = cut.slice(0, lastLine > 0 ? lastLine : undefined);
  return `${closeFence(kept)}${end}`;
}

/** A text cut inside a code block would swallow what follows. */
function closeFence(text: string): string {
  const open = markdownEvents(text).findLast(([kind, token]) => kind === 'enter' && token.type === 'codeFenced');
  if (open === undefined || open[1].end.offset < text.trimEnd().length) {
    return text;
  }
  const marks = /[`~]{3,}/.exec(text.slice(open[1].start.offset))?.[0] ?? '```';
  return text.trimEnd().endsWith(`\n${marks}`) ? text : `${text}\n${marks}`;
}
