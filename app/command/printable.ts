import { takeStart } from '../../protocol/index.ts';

/** A person's own text inside a code span: short, one line, and without what could end the span. */
export function printable(text: string): string {
  const plain = takeStart(text, 200).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}`]/gu, '?');
  return plain.length > 40 ? `${takeStart(plain, 40)}…` : plain;
}
