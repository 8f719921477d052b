import type { Annotations, Finding, ParsedReport } from './finding.ts';
import { parseJunit } from './parse-junit.ts';
import { parseSarif } from './parse-sarif.ts';

/** Two requests of fifty, which is as many as GitHub takes at once. */
const MOST_SHOWN = 100;
const MOST_BYTES = 8 * 1024 * 1024;

/** The report of one check at the head and, where it wrote one there, at the base. */
export interface CheckReports {
  readonly name: string;
  readonly head: Uint8Array;
  readonly base: Uint8Array | null;
}

/**
 * What is new in the reports of checks. A finding that the base has as often is not new, wherever its line went. A report
 * that cannot be read, at either commit, shows nothing and is named: half of it could pass for all.
 */
export function findAnnotations(reports: readonly CheckReports[]): Annotations {
  const fresh: Finding[] = [];
  const problems: string[] = [];
  for (const { base, head, name } of reports) {
    const now = parse(head);
    const before: ParsedReport = base === null ? { ok: true, findings: [] } : parse(base);
    if (!now.ok || !before.ok) {
      const at = now.ok ? ' at the base' : '';
      const why = now.ok ? (before as { problem: string }).problem : now.problem;
      problems.push(`The report of \`${name}\`${at} was left out: ${why}.`);
      continue;
    }
    fresh.push(...withoutKnown(now.findings, before.findings));
  }
  const shown = fresh.filter(({ path }) => isInside(path)).slice(0, MOST_SHOWN);
  return { shown, more: fresh.length - shown.length, problems };
}

function parse(bytes: Uint8Array): ParsedReport {
  if (bytes.length > MOST_BYTES) {
    return { ok: false, problem: 'it is larger than 8 MiB' };
  }
  const text = Buffer.from(bytes).toString('utf8');
  const [first] = text.replace(/^\uFEFF/, '').trimStart();
  return first === '<' ? parseJunit(text) : parseSarif(text);
}

function withoutKnown(now: readonly Finding[], before: readonly Finding[]): Finding[] {
  const left = new Map<string, number>();
  before.forEach((finding) => left.set(keyOf(finding), (left.get(keyOf(finding)) ?? 0) + 1));
  return now.filter((finding) => {
    const known = left.get(keyOf(finding)) ?? 0;
    left.set(keyOf(finding), known - 1);
    return known <= 0;
  });
}

function keyOf({ message, path, title }: Finding): string {
  return JSON.stringify([path, title, message.replaceAll(/\d+/g, '0')]);
}

/** GitHub refuses annotations outside of the repository, and with them the whole request. */
function isInside(path: string): boolean {
  return path !== '' && !path.startsWith('/') && !/^\w+:/.test(path) && !path.split('/').includes('..');
}
