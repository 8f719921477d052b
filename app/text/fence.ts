import { takeStart } from '../../protocol/index.ts';
import { stripControls } from './strip-controls.ts';

/** Who wrote a fenced text, by numeric id; names are for reading only. */
export interface FenceSource {
  /** Ours, such as `issue #7` or a path; shown in the opening line. */
  readonly label: string;
  readonly authorId: number | null;
  readonly authorLogin: string | null;
}

/**
 * Untrusted text as a block of data for a model: between two lines of tildes longer than any run of them inside, so that
 * nothing in the text can end the block. The opening line says what it is and who wrote it.
 */
export function fenceData(text: string, source: FenceSource): string {
  const marks = '~'.repeat(Math.max(4, longestRun(text, '~') + 1));
  const author =
    source.authorId === null
      ? ''
      : ` author="${plain(source.authorLogin ?? 'unknown')}" author-id="${source.authorId}"`;
  return `${marks} data source="${plain(source.label)}"${author}\n${text}\n${marks}`;
}

/** A code block for Markdown that people read, with a fence longer than any run of backticks inside. */
export function fenceCode(text: string, options: { language?: string } = {}): string {
  const marks = '`'.repeat(Math.max(3, longestRun(text, '`') + 1));
  return `${marks}${options.language ?? ''}\n${stripControls(text)}\n${marks}`;
}

/** A code span that holds the text whatever it is; one line. */
export function codeSpan(text: string): string {
  const line = stripControls(text).replaceAll('\n', ' ');
  if (line.trim() === '') {
    return '` `';
  }
  const marks = '`'.repeat(longestRun(line, '`') + 1);
  const edge = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${marks}${edge}${line}${edge}${marks}`;
}

function longestRun(text: string, char: string): number {
  let longest = 0;
  let run = 0;
  for (const other of text) {
    run = other === char ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

/** Our own labels hold paths and logins of others: one short line without quotation marks. */
function plain(text: string): string {
  return takeStart(stripControls(text).replaceAll(/[\n"~`<>]/g, ''), 200);
}
