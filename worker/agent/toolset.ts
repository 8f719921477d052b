import type Anthropic from '@anthropic-ai/sdk';
import type { BetaRunnableTool } from '@anthropic-ai/sdk/lib/tools/BetaRunnableTool';
import { betaAgentToolset20260401 } from '@anthropic-ai/sdk/tools/agent-toolset/node';
import type { AgentContext } from './agent.ts';

type Tool = Parameters<Anthropic['beta']['messages']['toolRunner']>[0]['tools'][number];

/** What the built-in agent may use: a shell, files, and `finish`. */
export interface Toolset {
  readonly tools: readonly Tool[];
  /** Ends the shell. */
  close(): Promise<void>;
}

export function openToolset(
  { directory, env, repository }: Pick<AgentContext, 'directory' | 'repository' | 'env'>,
  finish: Tool,
): Toolset {
  const tools: Tool[] = [...betaAgentToolset20260401({ workdir: directory, allowedRoots: [repository], env }), finish];
  return {
    tools: inSequence(tools),
    async close() {
      for (const tool of tools) {
        await ('close' in tool ? tool.close?.() : undefined);
      }
    },
  };
}

/**
 * Runs the tools of one answer one after the other, in the order in which the model names them. The SDK starts them all at
 * once, and of two edits of one file one would be lost.
 */
function inSequence(tools: readonly Tool[]): Tool[] {
  let last: Promise<unknown> = Promise.resolve();
  return tools.map((tool) => {
    if (!('run' in tool)) {
      return tool;
    }
    const start = tool.run as BetaRunnableTool['run'];
    const run: BetaRunnableTool['run'] = (input, context) => {
      const running = last.then(() => start(input, context));
      last = running.catch(() => undefined);
      return running;
    };
    return { ...tool, run };
  });
}
