import { takeStart } from '../../protocol/index.ts';
import { fenceCode } from './fence.ts';
import type { Allowed } from './outgoing/active-text.ts';
import { disarm } from './outgoing/disarm.ts';
import { type Frame, frame } from './outgoing/frame.ts';
import { isContained } from './outgoing/is-contained.ts';
import { plainCode } from './outgoing/plain-code.ts';
import { ComplexMarkup } from './visible/complex-markup.ts';
import { visibleText } from './visible-text.ts';

export interface CleanOptions extends Allowed {
  /** Longest result. What does not fit is left out, and the text says so; 60,000 by default, because GitHub takes 65,536. */
  readonly maxLength?: number;
  /** What the caller will put around the result, so that it is proven safe there. A plain part of a page by default. */
  readonly frame?: Frame;
}

const MAX_LENGTH = 60_000;
const CUT = '*The rest was cut because it is too long.*';
const MAX_TRIES = 5;

/**
 * Markdown of an agent, safe to show on GitHub: nothing hidden, no HTML, no images, no notifications but the one allowed,
 * no links elsewhere, nothing that closes or refers to other issues, nothing that reaches beyond its own end. What may not
 * act is shown as code; code stays code.
 *
 * The one way of an agent's text to people. The source is cut before anything else and the result is never changed after it
 * was checked: a caller must not cut or edit it, only put it into the frame it named.
 */
export function cleanOutput(markdown: string, options: CleanOptions): string {
  const maxLength = options.maxLength ?? MAX_LENGTH;
  const source = markdown.toWellFormed();
  if (source === '') {
    return '';
  }
  let limit = Math.min(source.length, maxLength);
  for (let tries = 0; tries < MAX_TRIES && limit > 0; tries += 1) {
    const part = cutSource(source, limit);
    const shown = clean(part, options);
    const text = part.length < source.length ? [shown, CUT].filter((block) => block !== '').join('\n\n') : shown;
    if (text.length <= maxLength) {
      return text;
    }
    // Marks that were added made it longer than its source.
    limit = Math.floor(((limit * maxLength) / text.length) * 0.98);
  }
  return CUT.length <= maxLength ? CUT : '';
}

function clean(source: string, options: CleanOptions): string {
  const { text } = visibleText(source);
  try {
    const cleaned = disarm(plainCode(text), options).trimEnd();
    if (cleaned === '' || isContained(frame(cleaned, options.frame), options)) {
      return cleaned;
    }
  } catch (error) {
    if (!(error instanceof ComplexMarkup)) {
      throw error;
    }
  }
  // What was put in could join with what was there to something new; in a code block nothing can.
  return fenceCode(text);
}

/** The beginning of a text, whole lines where they are not much shorter, and no half of a character. */
function cutSource(source: string, length: number): string {
  if (source.length <= length) {
    return source;
  }
  const line = source.lastIndexOf('\n', length);
  const end = line > length / 2 ? line : length;
  return takeStart(source, end).trimEnd();
}
