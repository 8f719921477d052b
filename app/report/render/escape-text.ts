import { takeStart, takeEnd } from '../../../protocol/index.ts';

/**
 * Text by others inside Markdown of ours. Inside a code span or a fence nothing is a mention, a link, an image or
 * HTML; so short pieces become code spans and long ones fences.
 */

/** One line as a code span, cut at `maxChars`. */
export function codeSpan(text: string, maxChars = 200): string {
  const line = oneLine(text, maxChars).replaceAll('`', "'");
  return line === '' ? '' : `\`${line}\``;
}

/**
 * Several lines as a fenced block whose fence is longer than any in the text. The end is kept, because it usually has
 * the reason.
 */
export function fence(text: string, maxChars = 4_000): string {
  const visible = text.replaceAll(/[^\P{C}\n\t]/gu, '').trimEnd();
  const kept = visible.length > maxChars ? `…\n${takeEnd(visible, maxChars)}` : visible;
  const longest = Math.max(2, ...[...kept.matchAll(/`+/g)].map(([run]) => run.length));
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}text\n${kept}\n${ticks}`;
}

/** One line as plain prose: whatever Markdown, GitHub or HTML would read into it is taken out or escaped. */
export function plainLine(text: string, maxChars = 300): string {
  return oneLine(text, maxChars)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\\`*_[\]|~]/g, String.raw`\$&`)
    .replaceAll(/[@#](?=\w)|\bGH-(?=\d)/gi, '$&\u200B')
    .replaceAll('$', '&#36;')
    .replaceAll('://', '&#58;//')
    .replaceAll(/\bwww\./gi, 'www&#46;');
}

/** A login as plain text; GitHub's logins need no escaping, anything else becomes a code span. */
export function login(name: string): string {
  return /^[\w-]{1,100}$/.test(name) ? name : codeSpan(name, 100);
}

/** A login whose owner is notified. */
export function mention(name: string): string {
  return /^[\w-]{1,100}$/.test(name) ? `@${name}` : codeSpan(name, 100);
}

/** `text` behind a link, if it leads to the same server; else the text alone. */
export function linkTo(text: string, link: { url: string | null | undefined; serverUrl: string }): string {
  const { url, serverUrl } = link;
  if (!url || !URL.canParse(url)) {
    return text;
  }
  const target = new URL(url);
  const isOurs = target.origin === new URL(serverUrl).origin && /^https?:$/.test(target.protocol);
  return isOurs ? `[${text}](${target.href.replaceAll('(', '%28').replaceAll(')', '%29')})` : text;
}

/**
 * Blocks of Markdown as one text of at most `maxChars`. A block is kept whole or left out, because a cut could bring to life
 * what was safe inside a code span or an element.
 */
export function joinBlocks(blocks: readonly string[], maxChars: number): string {
  const note = '*… some parts are omitted here because they are too long.*';
  let left = maxChars - note.length - 2;
  const kept: string[] = [];
  for (const block of blocks.filter((text) => text !== '')) {
    if (block.length + 2 <= left) {
      left -= block.length + 2;
      kept.push(block);
    } else if (!kept.includes(note)) {
      kept.push(note);
    }
  }
  return kept.join('\n\n');
}

/** One line without control and format characters, cut at `maxChars`. */
export function oneLine(text: string, maxChars: number): string {
  // Control and format characters (bidi overrides among them) would change what a reader sees.
  const line = text.replaceAll(/[\s\p{C}]+/gu, ' ').trim();
  return line.length > maxChars ? `${takeStart(line, maxChars - 1).trimEnd()}…` : line;
}
