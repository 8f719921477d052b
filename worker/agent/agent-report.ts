import { z } from 'zod';
import { takeStart } from '../../protocol/index.ts';

/** What an agent says at its end, through the `finish` tool or in the file a command writes. */
export const AgentReport = z.object({
  status: z.enum(['done', 'not_enough_context']).default('done'),
  summary: z.string().default(''),
  questions: z.array(z.string()).default([]),
  /** Where the job asks for it. */
  output: z.json().optional(),
});
export type AgentReport = z.infer<typeof AgentReport>;

const MAX_SUMMARY = 20_000;
const MAX_QUESTION = 2_000;
const MAX_QUESTIONS = 3;

/** Cuts the report to what a result can hold. Questions are only asked when there is something to ask. */
export function concludeReport(report: AgentReport): {
  ending: 'done' | 'question';
  summary: string;
  questions: string[];
  output?: AgentReport['output'];
} {
  const questions = report.questions
    .map((question) => cut(question.trim(), MAX_QUESTION))
    .filter((question) => question !== '')
    .slice(0, MAX_QUESTIONS);
  const asks = report.status === 'not_enough_context';
  const summary = cut(report.summary.trim(), MAX_SUMMARY);
  if (asks && questions.length === 0) {
    return { ending: 'question', summary, questions: [cut(summary, MAX_QUESTION) || 'What exactly should be done?'] };
  }
  const output = report.output === undefined ? {} : { output: report.output };
  return { ending: asks ? 'question' : 'done', summary, questions: asks ? questions : [], ...output };
}

/** Cuts a text to a length without leaving half a character. */
export function cut(text: string, length: number): string {
  return text.length <= length ? text.toWellFormed() : `${takeStart(text, length - 1)}…`;
}
