import { expect, test } from 'vitest';
import { decideChain, type Chain, type ChainLink } from '../../app/task/chain.ts';
import type { RatedFinding } from '../../app/task/findings.ts';
import { failure } from '../../app/task/failure.ts';
import type { Outcome } from '../../app/task/outcome.ts';

function chain(steps: readonly ChainLink[], links: Chain['links'] = ['review', 'fix']): Chain {
  const named = steps.map((link, index) => ({ link, taskId: `task-${index}` }));
  return { id: 'task-0', pullNumber: 7, links, steps: named, state: 'running', note: null };
}

function ended(kind: Outcome['kind']) {
  return { state: 'COMPLETED', outcome: { kind } as Outcome, failure: null } as const;
}

const FAILED = { state: 'FAILED', outcome: null, failure: failure('NO_CHANGES') } as const;
const CANCELLED = { state: 'CANCELLED', outcome: null, failure: null } as const;
const confirmed = { status: 'confirmed' } as RatedFinding;
const suspected = { status: 'suspected' } as RatedFinding;

type Row = [
  string,
  {
    steps: ChainLink[];
    links?: Chain['links'];
    task: Parameters<typeof decideChain>[1]['task'];
    findings?: RatedFinding[];
  },
  object,
];

const ROWS: Row[] = [
  [
    'what was published is reviewed',
    { steps: ['implement'], task: ended('published') },
    { do: 'start', link: 'review' },
  ],
  ['what was not published is not', { steps: ['implement'], task: ended('dry_run') }, { do: 'end', state: 'stopped' }],
  ['a cancelled task ends it', { steps: ['implement', 'review'], task: CANCELLED }, { do: 'end', state: 'stopped' }],
  [
    'a review that found nothing ends it well',
    { steps: ['implement', 'review'], task: ended('reported') },
    { do: 'end', state: 'passed', note: 'The review found nothing.' },
  ],
  [
    'what is only suspected starts no fix',
    { steps: ['implement', 'review'], task: ended('reported'), findings: [suspected, suspected] },
    { do: 'end', state: 'passed', note: 'The review confirmed nothing and suspects 2.' },
  ],
  [
    'what is confirmed is fixed',
    { steps: ['implement', 'review'], task: ended('reported'), findings: [suspected, confirmed] },
    { do: 'start', link: 'fix' },
  ],
  [
    'without fix in the chain a person is asked',
    { steps: ['implement', 'review'], links: ['review'], task: ended('reported'), findings: [confirmed] },
    { do: 'end', state: 'human' },
  ],
  [
    'a review that could not run is not clean',
    { steps: ['implement', 'review'], task: FAILED },
    { do: 'end', state: 'inconclusive' },
  ],
  [
    'a fix is reviewed',
    { steps: ['implement', 'review', 'fix'], task: ended('published') },
    { do: 'start', link: 'review' },
  ],
  [
    'a fix that pushed nothing needs a person',
    { steps: ['implement', 'review', 'fix'], task: ended('reported') },
    { do: 'end', state: 'human' },
  ],
  [
    'there is no third fix',
    {
      steps: ['implement', 'review', 'fix', 'review', 'fix', 'review'],
      task: ended('reported'),
      findings: [confirmed],
    },
    { do: 'end', state: 'human', note: 'After 2 fixes the review still confirms 1.' },
  ],
];

test.each(ROWS)('%s', (_, { findings = [], links, steps, task }, decision) => {
  expect(decideChain(chain(steps, links), { task, findings })).toMatchObject(decision);
});
