/**
 * Whether a path matches a pattern: `*` is any run of characters within one part, `**` any number of whole parts, none
 * included, so `.husky/**` also means a file of that name. Written by hand, because patterns come from repositories and
 * must not become regular expressions; takes time in proportion to the two lengths multiplied.
 */
export function matchPath(path: string, pattern: string): boolean {
  return matchList(pattern.replace(/^\.?\//, '').split('/'), path.split('/'), {
    isMany: (token) => token === '**',
    isEqual: (token, part) => matchPart(part, token),
  });
}

function matchPart(part: string, pattern: string): boolean {
  return matchList([...pattern], [...part], {
    isMany: (token) => token === '*',
    isEqual: (token, character) => token === character || token === '?',
  });
}

/** Matches a whole list, going back at most to the last token that stands for many. */
function matchList(
  tokens: readonly string[],
  items: readonly string[],
  rules: { isMany: (token: string) => boolean; isEqual: (token: string, item: string) => boolean },
): boolean {
  let token = 0;
  let item = 0;
  let many = -1;
  let resume = 0;
  while (item < items.length) {
    const current = tokens[token];
    if (current !== undefined && rules.isMany(current)) {
      many = token;
      resume = item;
      token += 1;
    } else if (current !== undefined && rules.isEqual(current, items[item] ?? '')) {
      token += 1;
      item += 1;
    } else if (many >= 0) {
      resume += 1;
      item = resume;
      token = many + 1;
    } else {
      return false;
    }
  }
  return tokens.slice(token).every((rest) => rules.isMany(rest));
}
