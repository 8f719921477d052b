const STEERS_IN_LINES = /[^\P{Cc}\n\t]|[\u202A-\u202E\u2066-\u2069]/gu;
const STEERS = /\p{Cc}|[\u202A-\u202E\u2066-\u2069]/gu;

/**
 * Text that others wrote, for a terminal: without the characters that would steer it (escape sequences, carriage
 * returns, reversed writing). By default on one line.
 */
export function printable(text: string, options: { lines: 'kept' | 'joined' } = { lines: 'joined' }): string {
  return options.lines === 'kept'
    ? text.replaceAll('\r\n', '\n').replaceAll(STEERS_IN_LINES, '�')
    : text.replaceAll(/\r?\n/g, ' ').replaceAll(STEERS, '�');
}
