import { readings, TooManyReadings } from './secrets/readings.ts';
import {
  coresOf,
  looksRandom,
  PART_LENGTH,
  secretForms,
  secretParts,
  squeeze,
  squeezedParts,
} from './secrets/secret-forms.ts';
import { SECRET_SHAPES } from './secrets/secret-shapes.ts';

/** A credential that was found. The value itself is never part of it. */
export interface FoundSecret {
  /** `known secret`, `known secret, encoded`, `part of a known secret`, or what it looks like (`GitHub token`). */
  readonly kind: string;
  /** Where it begins and how long it is, in characters of the text or in bytes. */
  readonly index: number;
  readonly length: number;
}

/** Keeps known secrets, and what looks like one, out of what leaves. The methods need no `this`. */
export interface Redactor {
  /** The text with every known secret and every credential by its looks replaced by `[redacted]`. */
  readonly redact: (text: string) => string;
  /**
   * For the publisher's gate: known secrets in any encoding, several around each other and compression included, parts
   * of them from 12 characters on, and credentials by their looks. Shapes that documentation and tests are full of are left out.
   */
  readonly findSecrets: (content: string | Uint8Array) => FoundSecret[];
  /** Learns a secret that came later, such as a token that was minted. */
  readonly add: (secret: string) => void;
  /** Gives up a secret that is worth nothing any more, such as the token of an attempt long ended. */
  readonly forget: (secret: string) => void;
}

const REDACTED = '[redacted]';

/** Secrets shorter than eight characters are not looked for: they would be found in every text. */
export function createRedactor(secrets: readonly (string | null | undefined)[]): Redactor {
  const known = new Known();
  for (const secret of secrets) {
    known.add(secret ?? '');
  }
  return {
    add: (secret) => known.add(secret),
    forget: (secret) => known.forget(secret),
    findSecrets: (content) => findIn(content, known),
    redact: (text) => replaceAll(text, [...known.find(text), ...findShapes(text, { commitsOnly: false })]),
  };
}

/** The forms of all known secrets, ready to be looked for. */
class Known {
  readonly #seen = new Set<string>();
  readonly #forms = new Map<string, 'plain' | 'encoded'>();
  readonly #parts = new Set<string>();
  readonly #cores = new Set<string>();
  readonly #squeezed = new Set<string>();
  /** A first look at three characters rules out nearly every position. */
  readonly #starts = new Uint8Array(65_536);

  add(secret: string): void {
    if (this.#seen.has(secret)) {
      return;
    }
    this.#seen.add(secret);
    for (const form of secretForms(secret)) {
      this.#forms.set(form.text, form.how);
    }
    for (const part of secretParts(secret)) {
      this.#parts.add(part);
      this.#starts[startOf(part, 0)] = 1;
    }
    coresOf(secret).forEach((core) => this.#cores.add(core));
    for (const part of squeezedParts(secret)) {
      this.#squeezed.add(part);
      this.#starts[startOf(part, 0)] = 1;
    }
  }

  forget(secret: string): void {
    if (!this.#seen.delete(secret)) {
      return;
    }
    secretForms(secret).forEach((form) => this.#forms.delete(form.text));
    secretParts(secret).forEach((part) => this.#parts.delete(part));
    coresOf(secret).forEach((core) => this.#cores.delete(core));
    squeezedParts(secret).forEach((part) => this.#squeezed.delete(part));
  }

  find(text: string): FoundSecret[] {
    const found: FoundSecret[] = [];
    for (const [form, how] of this.#forms) {
      for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + form.length)) {
        const kind = how === 'plain' ? 'known secret' : 'known secret, encoded';
        found.push({ kind, index: at, length: form.length });
      }
    }
    if (this.#parts.size > 0) {
      found.push(...this.#findParts(text, this.#parts));
    }
    return found;
  }

  /** Whether a secret, or a part of one, is in the text in an encoding that has to be taken off to see it. */
  isEncodedIn(text: string): boolean {
    if (this.#cores.size === 0) {
      return false;
    }
    if (this.#isIn(text)) {
      return true;
    }
    for (const reading of readings(text)) {
      if (this.#isIn(reading)) {
        return true;
      }
    }
    return false;
  }

  #isIn(text: string): boolean {
    if ([...this.#cores].some((core) => text.includes(core))) {
      return true;
    }
    // A backslash before each letter, as escapes inside escapes leave it, is no sign before a byte in hex.
    const texts = text.includes('\\x') ? [text, text.replaceAll('\\', '')] : [text];
    return texts.some((each) => this.#findParts(squeeze(each), this.#squeezed).length > 0);
  }

  #findParts(text: string, parts: ReadonlySet<string>): FoundSecret[] {
    const found: FoundSecret[] = [];
    const last = text.length - PART_LENGTH;
    for (let at = 0; at <= last; at += 1) {
      if (this.#starts[startOf(text, at)] === 0 || !parts.has(text.slice(at, at + PART_LENGTH))) {
        continue;
      }
      let end = at + 1;
      while (end <= last && parts.has(text.slice(end, end + PART_LENGTH))) {
        end += 1;
      }
      found.push({ kind: 'part of a known secret', index: at, length: end - 1 - at + PART_LENGTH });
      at = end + PART_LENGTH - 2;
    }
    return found;
  }
}

function startOf(text: string, at: number): number {
  return (text.charCodeAt(at) * 961 + text.charCodeAt(at + 1) * 31 + text.charCodeAt(at + 2)) & 0xffff;
}

function findShapes(text: string, options: { commitsOnly: boolean }): FoundSecret[] {
  return SECRET_SHAPES.filter((shape) => shape.inCommits || !options.commitsOnly).flatMap(({ kind, pattern }) =>
    [...text.matchAll(pattern)]
      // A row of x is an example, not a key.
      .filter((match) => kind === 'password in a URL' || looksRandom(match[0]))
      .map((match) => ({ kind, index: match.index, length: match[0].length })),
  );
}

function findIn(content: string | Uint8Array, known: Known): FoundSecret[] {
  const text = typeof content === 'string' ? content : Buffer.from(content).toString('latin1');
  const direct = findPlainly(text, known);
  // Text of two bytes a character: the same letters with zeros between them.
  const isNarrowed = direct.found.length === 0 && text.includes('\0');
  const { found, isKnown } = isNarrowed ? findPlainly(text.replaceAll('\0', ''), known) : direct;
  return isKnown ? found : [...found, ...findEncoded(text, known)];
}

function findPlainly(text: string, known: Known): { found: FoundSecret[]; isKnown: boolean } {
  const values = known.find(text);
  return { found: merge([...values, ...findShapes(text, { commitsOnly: true })]), isKnown: values.length > 0 };
}

/** The place is the whole content: where an encoding begins says nothing about where in it the secret is. */
function findEncoded(text: string, known: Known): FoundSecret[] {
  try {
    return known.isEncodedIn(text) ? [{ kind: 'known secret, encoded', index: 0, length: text.length }] : [];
  } catch (error) {
    if (error instanceof TooManyReadings) {
      return [{ kind: 'encoded content too large to search', index: 0, length: text.length }];
    }
    throw error;
  }
}

/** One for each place: of several that overlap the one that begins first, then the longest. */
function merge(found: readonly FoundSecret[]): FoundSecret[] {
  const merged: FoundSecret[] = [];
  for (const secret of found.toSorted((a, b) => a.index - b.index || b.length - a.length)) {
    const last = merged.at(-1);
    if (last === undefined || secret.index >= last.index + last.length) {
      merged.push(secret);
    } else if (secret.index + secret.length > last.index + last.length) {
      merged[merged.length - 1] = { ...last, length: secret.index + secret.length - last.index };
    }
  }
  return merged;
}

function replaceAll(text: string, found: readonly FoundSecret[]): string {
  let result = '';
  let at = 0;
  for (const secret of merge(found)) {
    result += text.slice(at, secret.index) + REDACTED;
    at = secret.index + secret.length;
  }
  return result + text.slice(at);
}
