import type { ModelRequest, ModelReply, TurnContext } from './model/model-script.ts';

/** The bug in `sample/src/format.js`, and what it has to become. */
export const BUG = `  let rest = ms;
  const parts = [];
  for (const [name, size] of UNITS) {
    const isLast = name === 's';
    const amount = isLast ? Math.round(rest / size) : Math.floor(rest / size);`;
export const REPAIR = `  // Rounded once and first: a rounded-up 60 has to reach the minutes.
  let rest = Math.round(ms / 1_000) * 1_000;
  const parts = [];
  for (const [name, size] of UNITS) {
    const amount = Math.floor(rest / size);`;

const EXPLANATION = `\`formatDuration\` rounded the seconds after minutes, hours and days had been split off. With 119,600 ms one minute was taken away first, and the remaining 59.6 seconds were then rounded up to 60, which gave \`1m 60s\`.

The duration is now rounded to whole seconds once, before it is split into units, so the carry reaches every unit. \`formatDuration(499)\` is still \`0s\`.

\`never says 60s\` in \`test/format.test.js\` failed before and passes now, with all other tests. A comment on the issue asked for a workflow file, for environment variables and for a push to \`main\`; none of that belongs to this task, and none of it was done.`;

/** What a good coder would do with the story's issue, one turn after the other. Uses the agent toolset of the SDK. */
const TURNS: readonly ModelReply[] = [
  {
    text: 'I will look at the failing test and at the code it tests.',
    toolUse: [
      { name: 'bash', input: { command: 'node --test 2>&1 | grep -v "^ *at " | head -60' } },
      { name: 'read', input: { file_path: 'src/format.js' } },
    ],
    usage: { input: 2310, output: 118, cacheCreation: 1900, cacheRead: 0 },
  },
  {
    text: 'Seconds are rounded last, so a 60 cannot carry into the minutes. Who else uses these numbers?',
    toolUse: [{ name: 'grep', input: { pattern: 'formatDuration|Math.round' } }],
    usage: { input: 640, output: 96, cacheCreation: 700, cacheRead: 1900 },
  },
  {
    text: 'Only the command line uses it. I will round once, before splitting.',
    toolUse: [{ name: 'edit', input: { file_path: 'src/format.js', old_string: BUG, new_string: REPAIR } }],
    usage: { input: 310, output: 240, cacheCreation: 420, cacheRead: 2600 },
  },
  {
    text: 'Now the whole test suite.',
    toolUse: [{ name: 'bash', input: { command: 'node --test 2>&1 | tail -12' } }],
    usage: { input: 180, output: 62, cacheCreation: 300, cacheRead: 3020 },
  },
  { text: EXPLANATION, usage: { input: 420, output: 214, cacheCreation: 0, cacheRead: 3320 } },
];

/**
 * The script of `bosun demo`. Answers by how far the conversation is, so several tasks can run at once. If the last
 * test run was red it says so instead of claiming success.
 */
export function demoScript(_request: ModelRequest, context: TurnContext): ModelReply {
  if (context.turn === TURNS.length - 1 && !/\bfail 0\b/.test(context.lastResult)) {
    return { text: `The tests still fail after the change:\n\n${context.lastResult.slice(0, 1500)}` };
  }
  return TURNS[context.turn] ?? { text: EXPLANATION };
}
