import { sha256Hex } from '../../text/sha256-hex.ts';

const SEAL = /<!-- bosun-text:([0-9a-f]{16}) -->\s*$/;

/** Adds a hidden line with a short hash of the text, by which it is known later whether a person has edited it. */
export function sealBody(body: string): string {
  return `${body}<!-- bosun-text:${hashOf(body)} -->\n`;
}

/** Whether the text is still as it was sealed. */
export function isAsSealed(body: string): boolean {
  const seal = SEAL.exec(body);
  return seal !== null && seal[1] === hashOf(body.slice(0, seal.index));
}

/** Line ends and blanks at the end are GitHub's to change. */
function hashOf(text: string): string {
  return sha256Hex(text.replaceAll('\r\n', '\n').trimEnd()).slice(0, 16);
}
