import { takeStart } from '../../../../protocol/index.ts';

/** One thing that a change does to what installing runs or brings in. */
export interface InstallFact {
  /** A script that runs then, a package that was not there, a place or a rule of where packages come from, or a file that cannot be read. */
  readonly kind: 'script' | 'dependency' | 'source' | 'unreadable';
  /** What exactly, short; untrusted text. */
  readonly text: string;
}

const MOST_TEXT = 160;

export function fact(kind: InstallFact['kind'], text: string): InstallFact {
  return { kind, text: text.length > MOST_TEXT ? `${takeStart(text, MOST_TEXT - 1)}…` : text };
}

/** Facts for what is in `after` and not in `before`, each once. */
export function newNames(
  kind: InstallFact['kind'],
  { before, after }: { before: Iterable<string>; after: Iterable<string> },
): InstallFact[] {
  const known = new Set(before);
  return [...new Set(after)].filter((name) => !known.has(name)).map((name) => fact(kind, name));
}
