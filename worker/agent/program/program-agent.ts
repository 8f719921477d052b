import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { AGENT_PROGRAMS, takeStart } from '../../../protocol/index.ts';
import { runProcess } from '../../process/run-process.ts';
import type { Agent, AgentContext, AgentEnding } from '../agent.ts';
import { openModelRelay } from '../relay/model-relay.ts';
import type { AgentProgram } from './agent-program.ts';
import { concludeProgram } from './conclude-program.ts';
import { readResultFile } from './read-result-file.ts';

const MAX_LINE = 16 * 1024 * 1024;

/** An agent that is a program of somebody else, which prints what it does as lines of JSON. */
export function createProgramAgent(program: AgentProgram): Agent {
  return { run: (context) => run(program, context) };
}

async function run(program: AgentProgram, context: AgentContext): Promise<AgentEnding> {
  const { job, scratch, env, signal } = context;
  const about = AGENT_PROGRAMS[program.name];
  let note = '';
  const relay = await openModelRelay({
    ...context,
    onTurn: ({ turn }) => context.onTurn({ turn, note: note || 'the agent asked the model' }),
  });
  try {
    const resultFile = path.join(scratch, 'result.json');
    const home = env['HOME'] ?? scratch;
    await mkdir(home, { recursive: true });
    const start = await program.prepare(context, {
      modelUrl: relay.url,
      modelKey: relay.key,
      instructions: `${job.prompt.system}\n\n${describeEnd(resultFile, job.outputSchema)}`.trim().toWellFormed(),
      task: job.prompt.user.toWellFormed(),
      home,
    });
    const printed = { events: 0, words: '', fault: '' };
    const readLine = lineReader((line) => {
      const event = parseEvent(line);
      if (event === null) {
        context.log(`${line}\n`);
        return;
      }
      printed.events += 1;
      const read = program.readEvent(event);
      printed.words = read?.words ?? printed.words;
      printed.fault = read?.fault ?? printed.fault;
      note = takeStart((read?.note ?? note).trim().split('\n')[0] ?? '', 200);
      if (read?.log !== undefined) {
        context.log(read.log);
      }
    });
    const ended = await runProcess({
      argv: [about.program, ...start.args],
      input: start.input,
      cwd: context.directory,
      env: { ...env, ...start.env, BOSUN_RESULT_FILE: resultFile },
      timeoutMs: job.timeoutMs,
      signal: AbortSignal.any([signal, relay.pointless]),
      onOutput: (text, stream) => (stream === 'stdout' ? readLine(text) : context.log(text)),
    });
    readLine('\n');
    return concludeProgram({
      title: about.title,
      program: about.program,
      source: about.npmPackage,
      ended,
      stopped: signal.aborted,
      turns: relay.turns(),
      refusal: relay.refusal(),
      result: await readResultFile(resultFile),
      printed,
    });
  } finally {
    relay.close();
  }
}

/** How to hand the work over, for agents that have no tool of ours for that. */
function describeEnd(resultFile: string, outputSchema: unknown): string {
  const output =
    outputSchema === undefined
      ? ''
      : ` Write {"status": "done", "output": …} to ${resultFile}, where the output matches this JSON schema: ${JSON.stringify(outputSchema)}`;
  return `Nobody can answer you while you work. The files in the working directory are taken as they are when you end; do not commit or push. When the change is complete and checked, end with a summary in Markdown for the reviewer: what changed and why, how it was checked, what is left.${output}
Do not guess. If you cannot continue without an answer from the people who asked, write {"status": "not_enough_context", "questions": ["…"]} with up to three short questions to the file ${resultFile} and end.`;
}

/** Hands whole lines on; one that is too long to be an event is dropped. */
function lineReader(onLine: (line: string) => void): (text: string) => void {
  let rest = '';
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE) {
      rest = '';
    }
    lines.filter((line) => line.trim() !== '').forEach(onLine);
  };
}

function parseEvent(line: string): Record<string, unknown> | null {
  try {
    const json: unknown = JSON.parse(line);
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
