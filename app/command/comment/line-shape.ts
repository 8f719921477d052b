/** Line-level facts of Markdown, each found in one pass over the line and without regular expressions on its whole. */

/** Column of the first character that is no blank, tabs counting to the next multiple of four; -1 on a blank line. */
export function indentOf(line: string, from: { index: number; column: number } = { index: 0, column: 0 }): number {
  let { column } = from;
  for (let index = from.index; index < line.length; index += 1) {
    const char = line[index];
    if (char === ' ') {
      column += 1;
    } else if (char === '\t') {
      column += 4 - (column % 4);
    } else {
      return column;
    }
  }
  return -1;
}

/** What opens a code fence: its character and length; null when the text opens none. `text` has no leading blanks. */
export function fenceOf(text: string): { char: string; length: number; info: string } | null {
  const char = text[0];
  if (char !== '`' && char !== '~') {
    return null;
  }
  let length = 0;
  while (text[length] === char) {
    length += 1;
  }
  const info = text.slice(length);
  return length < 3 || (char === '`' && info.includes('`')) ? null : { char, length, info };
}

/** The list marker at the start: its width, and whether it may interrupt a paragraph. */
export function listMarkerOf(text: string): { width: number; mayInterrupt: boolean } | null {
  const first = text[0] ?? '';
  let width = 0;
  let mayInterrupt = true;
  if (first === '-' || first === '*' || first === '+') {
    width = 1;
  } else {
    while (width < 9 && isDigit(text[width])) {
      width += 1;
    }
    if (width === 0 || (text[width] !== '.' && text[width] !== ')')) {
      return null;
    }
    mayInterrupt = Number(text.slice(0, width)) === 1;
    width += 1;
  }
  const after = text[width];
  if (after !== undefined && after !== ' ' && after !== '\t') {
    return null;
  }
  return { width, mayInterrupt: mayInterrupt && text.slice(width).trim() !== '' };
}

export function isHeading(text: string): boolean {
  let level = 0;
  while (text[level] === '#') {
    level += 1;
  }
  const after = text[level];
  return level >= 1 && level <= 6 && (after === undefined || after === ' ' || after === '\t');
}

/** `---`, `* * *`, `___`. */
export function isRule(text: string): boolean {
  const char = text[0];
  if (char !== '-' && char !== '*' && char !== '_') {
    return false;
  }
  let count = 0;
  for (const other of text) {
    if (other === char) {
      count += 1;
    } else if (other !== ' ' && other !== '\t') {
      return false;
    }
  }
  return count >= 3;
}

/** `===` or `---` under a paragraph. */
export function isUnderline(text: string): boolean {
  const bare = text.trimEnd();
  const char = bare[0];
  if (char !== '=' && char !== '-') {
    return false;
  }
  for (const other of bare) {
    if (other !== char) {
      return false;
    }
  }
  return true;
}

/** The row of dashes under the head of a table. */
export function isTableRule(text: string): boolean {
  let hasDash = false;
  let hasEdge = false;
  for (const char of text) {
    if (char === '-') {
      hasDash = true;
    } else if (char === '|' || char === ':') {
      hasEdge = true;
    } else if (char !== ' ' && char !== '\t') {
      return false;
    }
  }
  return hasDash && hasEdge;
}

function isDigit(char: string | undefined): boolean {
  return char !== undefined && char >= '0' && char <= '9';
}
