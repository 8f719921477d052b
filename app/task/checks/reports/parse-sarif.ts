import { z } from 'zod';
import { takeStart } from '../../../../protocol/index.ts';
import { MOST_FINDINGS, TOO_MANY, type Finding, type ParsedReport } from './finding.ts';

const Location = z.object({
  physicalLocation: z.object({
    artifactLocation: z.object({ uri: z.string() }),
    region: z.object({ startLine: z.number().int().min(1).catch(1) }).optional(),
  }),
});
const Result = z.object({
  ruleId: z.string().optional(),
  level: z.string().optional(),
  message: z.object({ text: z.string().optional() }).catch({}),
  locations: z.array(z.unknown()).catch([]),
  suppressions: z.array(z.unknown()).optional(),
  baselineState: z.string().optional(),
});
const Sarif = z.object({
  version: z.string(),
  runs: z.array(z.object({ results: z.array(z.unknown()).nullish() })).max(100),
});

const LEVELS = new Map([
  ['error', 'failure'],
  ['warning', 'warning'],
] as const);

/** SARIF 2.1.0. Results that are suppressed, or that the tool itself calls old, are no findings. */
export function parseSarif(text: string): ParsedReport {
  const read = Sarif.safeParse(readJson(text));
  if (!read.success) {
    return { ok: false, problem: 'it is no SARIF' };
  }
  const results = read.data.runs.flatMap((run) => run.results ?? []);
  if (results.length > MOST_FINDINGS) {
    return TOO_MANY;
  }
  const findings: Finding[] = [];
  for (const each of results) {
    const result = Result.safeParse(each);
    if (!result.success) {
      return { ok: false, problem: 'one of its results has an unknown form' };
    }
    const { baselineState, level, locations, message, ruleId = '', suppressions = [] } = result.data;
    const isOld = baselineState === 'unchanged' || baselineState === 'absent';
    const location = Location.safeParse(locations[0]);
    if (isOld || suppressions.length > 0 || level === 'none' || !location.success) {
      continue;
    }
    const { artifactLocation, region } = location.data.physicalLocation;
    findings.push({
      path: readPath(artifactLocation.uri),
      line: region?.startLine ?? 1,
      level: LEVELS.get((level ?? 'warning') as 'error') ?? 'notice',
      title: takeStart(ruleId, 100),
      message: takeStart(message.text ?? ruleId, 300),
    });
  }
  return { ok: true, findings };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return null;
  }
}

/** Relative to the checkout, whatever directory the tool wrote in front. */
function readPath(uri: string): string {
  const path = uri.replace(/^file:\/\//, '').replace(/^(?:\/[^/]+)*\/repository\//, '');
  return takeStart(path.replace(/^(?:\.\/)+/, ''), 400);
}
