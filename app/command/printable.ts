/** A person's own text inside a code span: short, one line, and without what could end the span. */
export function printable(text: string): string {
  const plain = text.slice(0, 200).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}`]/gu, '?');
  return plain.length > 40 ? `${plain.slice(0, 40)}…` : plain;
}
