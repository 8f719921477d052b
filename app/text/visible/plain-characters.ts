import { stripControls } from '../strip-controls.ts';
import type { RemovalCount } from './removal.ts';

/**
 * What takes no ink: format and control characters, default ignorables (tags, variation selectors, fillers), private use
 * beyond the first plane, unassigned code points and halves of surrogates, and two blanks that fonts draw as letters.
 */
const INVISIBLE =
  /[\p{Cf}\p{Cs}\p{Cn}\p{Default_Ignorable_Code_Point}\u2800\u{1d159}\u{1d173}-\u{1d17a}\u{f0000}-\u{10ffff}]+/gu;
/** Emoji carry selectors and joiners that mean nothing alone; their loss is not worth telling. */
const EMOJI_GLUE = /(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\d#*])(?:\ufe0e|\ufe0f|\u200d)+/gu;
/** Blanks of every width, and separators that break lines in some programs only. */
const BLANKS = /[\p{Zs}]/gu;
const LINE_BREAKS = /[\u2028\u2029]/g;

/** The text with nothing invisible in it: NFC, `\n` as line end, plain blanks. The same for a text that is plain already. */
export function plainCharacters(text: string, removed?: RemovalCount): string {
  const printable = stripControls(text);
  if (printable.length !== text.replaceAll('\r\n', '\n').length) {
    removed?.add('control_character');
  }
  const visible = printable
    .replaceAll(EMOJI_GLUE, '')
    .replaceAll(LINE_BREAKS, '\n')
    .replaceAll(INVISIBLE, () => {
      removed?.add('invisible_character');
      return '';
    })
    .replaceAll(BLANKS, ' ');
  return visible.normalize('NFC');
}
