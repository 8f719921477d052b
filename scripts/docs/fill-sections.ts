const SECTION = /(<!-- generated: ([a-z-]+) -->)\n[\s\S]*?(<!-- end -->)/g;

export type Filled =
  | { readonly ok: true; readonly text: string; readonly names: readonly string[] }
  | { readonly ok: false; readonly problem: string };

/** The text with every generated section filled again; what stands outside the markers is not touched. */
export async function fillSections(
  text: string,
  sections: Readonly<Record<string, () => string | Promise<string>>>,
): Promise<Filled> {
  const names: string[] = [];
  let filled = '';
  let from = 0;
  for (const match of text.matchAll(SECTION)) {
    const [whole, begin = '', name = '', end = ''] = match;
    const render = sections[name];
    if (render === undefined) {
      return {
        ok: false,
        problem: `there is no generated section "${name}"; there is ${Object.keys(sections).join(', ')}`,
      };
    }
    names.push(name);
    filled += `${text.slice(from, match.index)}${begin}\n\n${await render()}\n\n${end}`;
    from = match.index + whole.length;
  }
  const begun = text.match(/<!-- generated: /g)?.length ?? 0;
  if (begun !== names.length) {
    return { ok: false, problem: 'a generated section lacks its `<!-- end -->`' };
  }
  return { ok: true, text: filled + text.slice(from), names };
}
