import { FORWARDED, FROM, HEAD, ORIGINAL_MESSAGE, SENT_FROM, WROTE } from './mail-phrases.ts';

/** What of a comment is a mail that its author answered: text of somebody else, whoever sent the comment. */
export interface QuotedMail {
  /** Index of the first line that is no longer the author's own; the number of lines when all are. */
  readonly end: number;
  /** Lines such as `On … wrote:` above a part quoted with `>`, after which the author's own text may continue. */
  readonly attributions: ReadonlySet<number>;
  /** A mail is quoted, but where it begins cannot be seen: what stands above may be the author's own or not. */
  readonly isUncertain: boolean;
}

interface MailLines {
  readonly lines: readonly string[];
  /** Lines in `>` quotes, and lines of code: neither begins a quoted mail. */
  readonly quotes: ReadonlySet<number>;
  readonly code: ReadonlySet<number>;
}

const LONGEST_LINE = 500;
/** A line such as `On … wrote:` is wrapped at 78 characters by many programs. */
const MOST_WRAPPED = 4;
const HEAD_LINES = 6;

/**
 * Finds the mail below a reply that a mail program quoted without `>`. Recognised by what programs put above it in many
 * languages, by GitHub's own footer, and by the author's signature, behind which only quoted text follows.
 */
export function findQuotedMail(mail: MailLines): QuotedMail {
  const plain = new PlainLines(mail.lines);
  const attributions = new Set<number>();
  for (const [index, source] of mail.lines.entries()) {
    const isOrdinary = source.length < 2 || source.length > LONGEST_LINE;
    if (isOrdinary || mail.quotes.has(index) || !MAY_BE_MAIL.test(source)) {
      continue;
    }
    if (isGithubFooter(plain.at(index))) {
      return { end: index, attributions, isUncertain: true };
    }
    if (mail.code.has(index)) {
      continue;
    }
    const start = beginningOf(plain, index, mail);
    if (start === null) {
      continue;
    }
    if (!isFollowedByQuote(plain, index, mail.quotes)) {
      return { end: aboveSeparator(plain, start), attributions, isUncertain: false };
    }
    for (let at = start; at <= index; at += 1) {
      attributions.add(at);
    }
  }
  return { end: mail.lines.length, attributions, isUncertain: false };
}

/** First line of what stands above a quoted mail, when it ends with this line; null when it is ordinary text. */
function beginningOf(plain: PlainLines, index: number, mail: MailLines): number | null {
  const line = plain.at(index);
  const isSignature = /^--[ \u00a0]$/.test(mail.lines[index] ?? '') || SENT_FROM.some((sent) => sent.test(line));
  if (isSignature || isSeparator(plain, index) || isHead(plain, index)) {
    return index;
  }
  return attributionStart(plain, index);
}

/** What every line below has; looked at before anything dearer. */
const MAY_BE_MAIL =
  /[:：]|[-–—=]{2}|reply to this email|you are receiving|sent from|get outlook|iphone|ipad|android|outlook|samsung|galaxy|huawei|xiaomi/i;

/** Lines without emphasis, invisible characters and wide blanks, worked out once and only where somebody looks. */
class PlainLines {
  readonly #lines: readonly string[];
  readonly #known: string[] = [];
  readonly #labels: LabelKind[] = [];

  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  get length(): number {
    return this.#lines.length;
  }

  /** Blank beyond either end. */
  at(index: number): string {
    return (this.#known[index] ??= plainLine(this.#lines[index] ?? ''));
  }

  /** What the line is in the head of a mail. */
  label(index: number): LabelKind {
    return (this.#labels[index] ??= labelOf(this.at(index)));
  }
}

const TIDY = /^(?:[!-)+-^`-~]+(?: [!-)+-^`-~]+)*)?$/;

function plainLine(line: string): string {
  if (line.length > LONGEST_LINE) {
    return '…';
  }
  return TIDY.test(line)
    ? line
    : line
        .replaceAll(/[\p{Cf}*_]/gu, '')
        .replaceAll(/\s+/g, ' ')
        .trim()
        .normalize('NFC');
}

function isGithubFooter(line: string): boolean {
  return /^(?:[-–—] ?)?(?:reply to this email directly\b|you are receiving this because\b|message id: ?<[^<>]{1,200}@github\.com>)/i.test(
    line,
  );
}

/** `-----Original Message-----`, or other words between dashes right above a mail's head. */
function isSeparator(plain: PlainLines, index: number): boolean {
  const line = plain.at(index);
  if (FORWARDED_WORDS.has(line.replace(/ ?[:：]$/, '').toLowerCase())) {
    return true;
  }
  const words = /^[-–—=]{2,} ?([^-–—=|].{0,80}?) ?[-–—=]{2,}$/u.exec(line)?.[1];
  if (words === undefined) {
    return false;
  }
  const isAboveHead = plain.label(index + 1).isFrom || plain.label(index + 2).isFrom;
  return ORIGINAL_WORDS.has(words.toLowerCase()) || isAboveHead;
}

/** `From:` with at least one further line of a mail's head, in any order after it. */
function isHead(plain: PlainLines, index: number): boolean {
  if (!plain.label(index).isFrom) {
    return false;
  }
  const most = /\S@\S/.test(plain.at(index)) ? 1 : 2;
  let known = 0;
  for (let next = index + 1; next <= index + HEAD_LINES && known < most; next += 1) {
    known += plain.label(next).isHead ? 1 : 0;
  }
  return known === most;
}

interface LabelKind {
  readonly isFrom: boolean;
  readonly isHead: boolean;
}

const NO_LABEL: LabelKind = { isFrom: false, isHead: false };
const FROM_WORDS: ReadonlySet<string> = new Set(FROM);
const HEAD_WORDS: ReadonlySet<string> = new Set(HEAD);
const FORWARDED_WORDS: ReadonlySet<string> = new Set(FORWARDED);
const ORIGINAL_WORDS: ReadonlySet<string> = new Set(ORIGINAL_MESSAGE);

/** The word before the colon of a line such as `From: a@b.example`. */
function labelOf(line: string): LabelKind {
  const colon = line.search(/[:：]/);
  if (colon <= 0 || colon >= 30) {
    return NO_LABEL;
  }
  const word = line.slice(0, colon).trim().toLowerCase();
  return { isFrom: FROM_WORDS.has(word), isHead: HEAD_WORDS.has(word) };
}

const DATE = /(?:19|20)\d\d|\d{1,2}[.:h時时시]\s?\d{2}|\d{1,2}[./-]\d{1,2}[./-]\d{2}/u;
const ADDRESS = /[^\s<>@]@[^\s<>@]+\.[^\s<>@]|@notifications\b/;

const WROTE_WORDS = new RegExp(
  `(?<![\\p{Script=Latin}\\p{Script=Cyrillic}])(?:${WROTE.map((word) => RegExp.escape(word)).join('|')})(?![\\p{Script=Latin}\\p{Script=Cyrillic}])`,
  'u',
);

/** `On <date> <name> <address> wrote:` in any language, wrapped or not. */
function attributionStart(plain: PlainLines, index: number): number | null {
  if (!/(?:[:：]|[-–—]{2})$/.test(plain.at(index))) {
    return null;
  }
  const texts: string[] = [];
  for (let start = index; start > index - MOST_WRAPPED && start >= 0; start -= 1) {
    const line = plain.at(start);
    if (line === '' || /^[/@]/.test(line)) {
      break;
    }
    texts.push(texts.length === 0 ? line : `${line} ${texts.at(-1)}`);
  }
  // What the longest of them lacks, no part of it has.
  if (!isAttribution(texts.at(-1) ?? '')) {
    return null;
  }
  const lines = texts.findIndex((text) => isAttribution(text));
  return extendUp(plain, index - lines, texts[lines] ?? '');
}

function isAttribution(text: string): boolean {
  const hasDate = /\d/.test(text) && DATE.test(text);
  const hasAddress = text.includes('@') && ADDRESS.test(text);
  if (hasDate && hasAddress && /[:：]$/.test(text)) {
    return true;
  }
  return (hasDate || hasAddress) && WROTE_WORDS.test(text.toLowerCase());
}

const OPENING = /^(?:on|am|le|el|em|il|op|den|dne|dňa|w dniu|dnia|pada|vào|στις|在|于|於)(?= |\d).*\d/iu;

/** The first words of a wrapped line may stand on the line above the part that was recognised. */
function extendUp(plain: PlainLines, start: number, text: string): number {
  const above = plain.at(start - 1);
  const mayBePart = above !== '' && !/^[/@]/.test(above) && !/[.!?:]$/.test(above);
  const isPart = OPENING.test(above) || (DATE.test(above) && !DATE.test(text));
  return mayBePart && isPart ? start - 1 : start;
}

function isFollowedByQuote(plain: PlainLines, index: number, quotes: ReadonlySet<number>): boolean {
  let next = index + 1;
  while (next < plain.length && plain.at(next) === '') {
    next += 1;
  }
  return quotes.has(next);
}

/** The line of underscores or dashes and the blank lines above a mail's head go with it. */
function aboveSeparator(plain: PlainLines, start: number): number {
  let end = start;
  while (end > 0 && /^[-–—=]*$/.test(plain.at(end - 1))) {
    end -= 1;
  }
  return end;
}
