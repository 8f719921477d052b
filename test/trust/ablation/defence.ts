/** One thing that keeps an attack out, how to switch it off, and the attack that shows the difference. */
export interface Defence {
  readonly name: string;
  /** What holds as long as it is there, in the words of `docs/security.md`. */
  readonly claim: string;
  /** The file it is in. */
  readonly file: string;
  /** Its source without the defence: a piece replaced that stands there once, or code behind it. */
  readonly off: { readonly from: string; readonly to: string } | { readonly append: string };
  /** True when the attack comes through. Imports what it attacks only now, so that it gets the source as it was switched. */
  readonly attack: () => boolean | Promise<boolean>;
}

/** The source of the file without the defence. */
export function switchOff({ file, name, off }: Defence, source: string): string {
  if ('append' in off) {
    return `${source}\n${off.append}\n`;
  }
  const parts = source.split(off.from);
  if (parts.length !== 2) {
    throw new Error(
      `${name}: expected ${JSON.stringify(off.from)} once in ${file}, found it ${parts.length - 1} times`,
    );
  }
  return parts.join(off.to);
}
