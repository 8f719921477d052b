import { readFile } from 'node:fs/promises';
import { AgentReport, concludeReport } from '../agent-report.ts';

const MAX_REPORT_BYTES = 256 * 1024;

export type ResultFile =
  | { readonly kind: 'none' }
  | { readonly kind: 'report'; readonly report: ReturnType<typeof concludeReport> }
  | { readonly kind: 'fault'; readonly fault: string };

/** The report, when the program wrote one; a file that is no report is named as such and not guessed at. */
export async function readResultFile(file: string): Promise<ResultFile> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? { kind: 'none' }
      : { kind: 'fault', fault: `the result file could not be read: ${(error as Error).message}` };
  }
  if (text.length > MAX_REPORT_BYTES) {
    return { kind: 'fault', fault: `the result file has more than ${MAX_REPORT_BYTES} bytes` };
  }
  try {
    return { kind: 'report', report: concludeReport(AgentReport.parse(JSON.parse(text))) };
  } catch {
    return { kind: 'fault', fault: 'the result file is not JSON of the form {"status", "summary", "questions"}' };
  }
}
