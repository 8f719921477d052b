/** One thing that a report of a check found, in one form for every kind of report. Texts are untrusted. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly level: 'failure' | 'warning' | 'notice';
  readonly title: string;
  readonly message: string;
}

/** What is shown on the lines of the change, and how many more there are. */
export interface Annotations {
  readonly shown: readonly Finding[];
  /** New findings that are not shown. */
  readonly more: number;
  /** Why reports could not be read, one sentence each. */
  readonly problems: readonly string[];
}

export type ParsedReport =
  | { readonly ok: true; readonly findings: readonly Finding[] }
  | { readonly ok: false; readonly problem: string };

/** A report with more is no report that a person could act on. */
export const MOST_FINDINGS = 20_000;

export const TOO_MANY: ParsedReport = { ok: false, problem: `it has more than ${MOST_FINDINGS} findings` };
