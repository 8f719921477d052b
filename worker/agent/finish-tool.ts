import type Anthropic from '@anthropic-ai/sdk';
import { ToolError } from '@anthropic-ai/sdk/lib/tools/ToolError';
import type { Job } from '../../protocol/index.ts';
import { AgentReport } from './agent-report.ts';

type RunnableTool = Parameters<Anthropic['beta']['messages']['toolRunner']>[0]['tools'][number];

/** How the agent says that it is done, or that it lacks something only a person can give. */
export function createFinishTool(
  onReport: (report: AgentReport) => void,
  outputSchema: Job['outputSchema'],
): RunnableTool {
  return {
    name: 'finish',
    description:
      'End the work. Call it once, alone, when the change is complete and checked, or when you cannot continue without an ' +
      'answer from the people who asked. Do not guess: with status not_enough_context ask up to three short questions ' +
      'whose answers would let you finish. The files in the working directory are taken as they are; do not commit or push.',
    input_schema: {
      type: 'object',
      properties: {
        status: { type: 'string', enum: ['done', 'not_enough_context'] },
        summary: {
          type: 'string',
          description: 'Markdown for the reviewer: what changed and why, how it was checked, what is left.',
        },
        questions: { type: 'array', items: { type: 'string' }, maxItems: 3 },
        ...(outputSchema === undefined ? {} : { output: outputSchema }),
      },
      required: ['status', 'summary', ...(outputSchema === undefined ? [] : ['output'])],
    },
    parse: (content: unknown) => content,
    run: (input: unknown) => {
      const report = AgentReport.safeParse(input);
      if (!report.success) {
        const issue = report.error.issues[0];
        throw new ToolError(`finish: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is wrong'}`);
      }
      onReport(report.data);
      return 'The work is taken as it is now.';
    },
  };
}
