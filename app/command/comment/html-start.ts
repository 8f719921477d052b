/** Tags that begin an HTML block even in the middle of a paragraph; the block ends at a blank line. */
const BLOCK_TAGS: ReadonlySet<string> = new Set(
  `address article aside base basefont blockquote body caption center col colgroup dd details dialog dir div dl dt
  fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hr html iframe legend li link main
  menu menuitem nav noframes ol optgroup option p param search section summary table tbody td tfoot th thead title tr
  track ul`.split(/\s+/),
);
const RAW_TAGS: readonly string[] = ['pre', 'script', 'style', 'textarea'];

/** How an HTML block begun by this line ends: at a text, or at a blank line. */
export type HtmlBlock = { readonly until: string | null };

/** The HTML block that begins with `text` (no leading blanks), or null. Only some kinds may interrupt a paragraph. */
export function htmlBlockOf(text: string, options: { inParagraph: boolean }): HtmlBlock | null {
  if (text[0] !== '<') {
    return null;
  }
  if (text.startsWith('<!--')) {
    return { until: '-->' };
  }
  if (text.startsWith('<?')) {
    return { until: '?>' };
  }
  if (text.startsWith('<![CDATA[')) {
    return { until: ']]>' };
  }
  if (text[1] === '!' && isLetter(text[2])) {
    return { until: '>' };
  }
  const name = tagNameAt(text, 0);
  if (name === null) {
    return null;
  }
  if (RAW_TAGS.includes(name.name) && !name.isClosing) {
    return { until: `</${name.name}` };
  }
  if (BLOCK_TAGS.has(name.name)) {
    return { until: null };
  }
  return options.inParagraph || !isLoneTag(text) ? null : { until: null };
}

/** Name of the tag that opens or closes at `at`, in lower case. */
export function tagNameAt(text: string, at: number): { name: string; isClosing: boolean; end: number } | null {
  const isClosing = text[at + 1] === '/';
  const start = at + (isClosing ? 2 : 1);
  let end = start;
  if (!isLetter(text[end])) {
    return null;
  }
  while (end < text.length && end - start < 60 && isNameChar(text[end])) {
    end += 1;
  }
  const after = text[end];
  return after === undefined || ' \t\n/>'.includes(after)
    ? { name: text.slice(start, end).toLowerCase(), isClosing, end }
    : null;
}

/** Any complete tag with nothing but blanks behind it. */
function isLoneTag(text: string): boolean {
  const close = text.lastIndexOf('>');
  return close > 0 && text.slice(close + 1).trim() === '';
}

function isLetter(char: string | undefined): boolean {
  return char !== undefined && ((char >= 'a' && char <= 'z') || (char >= 'A' && char <= 'Z'));
}

function isNameChar(char: string | undefined): boolean {
  return char === '-' || isLetter(char) || (char !== undefined && char >= '0' && char <= '9');
}
