import { codeSpan } from '../fence.ts';
import { markdownEvents } from '../visible/markdown-events.ts';
import {
  type Acting,
  type Allowed,
  findActing,
  isAllowedMention,
  isAllowedReference,
  isOwnPage,
  withoutEscapes,
} from './active-text.ts';

/**
 * Markdown in which nothing acts but what is allowed: all the rest is shown as code. Code stays as it is. Indented code is
 * taken for prose, because the text around it may make a paragraph of it.
 */
export function disarm(markdown: string, allowed: Allowed): string {
  const writer = new Writer(allowed, { hasMath: hasMath(markdown) });
  let at = 0;
  for (const [from, to] of codeRanges(markdown)) {
    writer.prose(markdown.slice(at, from));
    writer.code(markdown.slice(from, to));
    at = to;
  }
  writer.prose(markdown.slice(at));
  return writer.text;
}

/** Offsets of code that is code wherever it stands, ascending and apart from each other. */
export function codeRanges(text: string): [number, number][] {
  return markdownEvents(text)
    .filter(([kind, token]) => kind === 'enter' && (token.type === 'codeFenced' || token.type === 'codeText'))
    .map(([, token]) => [token.start.offset, token.end.offset]);
}

/** One dollar sign is a price; from two on GitHub may see a formula between them. */
export function hasMath(text: string): boolean {
  return text.indexOf('$') !== text.lastIndexOf('$');
}

class Writer {
  readonly #allowed: Allowed;
  readonly #hasMath: boolean;
  #text = '';
  #hasMentioned = false;
  /** An address ends only at a blank; what stood directly behind it would become a part of it. */
  #isAfterAddress = false;

  constructor(allowed: Allowed, { hasMath: isMath }: { hasMath: boolean }) {
    this.#allowed = allowed;
    this.#hasMath = isMath;
  }

  get text(): string {
    return this.#text;
  }

  /** Code as it stands; kept apart from a span before it, or their marks would run together. */
  code(source: string): void {
    this.#append((this.#text.endsWith('`') && source.startsWith('`') ? ' ' : '') + source);
  }

  prose(source: string): void {
    const plain = withoutEscapes(source);
    let at = 0;
    for (const acting of findActing(plain)) {
      this.#append(plain.slice(at, acting.index));
      at = acting.index + acting.source.length;
      this.#disarm(acting);
    }
    this.#append(plain.slice(at));
  }

  #disarm({ kind, said, source }: Acting): void {
    switch (kind) {
      case 'escaped':
        return this.#append(source);
      case 'tick':
        // Without a partner it is only a mark, and must not find one in a span of ours.
        return this.#append('\\`');
      case 'tag':
        return this.#append('\\<');
      case 'math':
        return this.#hasMath ? this.#span(source) : this.#append(source);
      case 'address':
        return this.#address(said, source);
      case 'mention':
        if (!this.#hasMentioned && isAllowedMention(said, this.#allowed)) {
          this.#hasMentioned = true;
          return this.#append(source);
        }
        return this.#span(source);
      case 'reference':
        return isAllowedReference(said, this.#allowed) ? this.#append(source) : this.#span(source);
      case 'other':
        return this.#span(source);
    }
  }

  #address(said: string, source: string): void {
    const end = source.startsWith('<') ? '' : source.slice(said.length);
    if (isOwnPage(said, this.#allowed.serverUrl)) {
      this.#append(said + end);
      this.#isAfterAddress = true;
    } else {
      this.#span(said);
      this.#append(end);
    }
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
