import { findQuotedMail } from './quoted-mail.ts';
import { splitBlocks } from './split-blocks.ts';

export interface AuthoredText {
  /** The comment without the mail that its author answered; blank when nothing of it is surely the author's. */
  readonly text: string;
  /** Whether something was left out. */
  readonly isCut: boolean;
}

/**
 * What the author of a comment wrote, without a mail that a mail program quoted in it: those words are somebody else's,
 * and must not come with the rights of the author. A part that the author quotes with `>` stays, unless it is a mail.
 */
export function findAuthoredText(comment: string): AuthoredText {
  const lines = comment.split(/\r\n?|\n/);
  const { code, quotes } = splitBlocks(lines);
  const mail = findQuotedMail({ lines, quotes, code });
  if (mail.isUncertain) {
    return { text: '', isCut: true };
  }
  const firstAttribution = Math.min(...mail.attributions, lines.length);
  const own = lines.filter(
    (_, index) => index < mail.end && !mail.attributions.has(index) && !(index > firstAttribution && quotes.has(index)),
  );
  return own.length === lines.length
    ? { text: comment, isCut: false }
    : { text: own.join('\n').trimEnd(), isCut: true };
}
