import { lastLines } from '../../task/environment/explain-setup.ts';
import type { AttemptEnvironment } from '../../task/attempt.ts';
import { codeSpan, fence, plainLine } from './escape-text.ts';
import { formatDuration } from './format-facts.ts';

const MAX_OUTPUT_CHARS = 3_000;
const MAX_COMMANDS = 10;
const MAX_FILES = 4;
const MAX_MISSING = 20;

/** Of the step that prepares it: where its commands come from, and how long it took. */
export function environmentFacts(environment: AttemptEnvironment | null): string[] {
  const setup = environment?.setup ?? null;
  if (environment === null || setup === null) {
    return [];
  }
  const files = setup.because.slice(0, MAX_FILES).map((path) => codeSpan(path, 80));
  const source = setup.source === 'file' ? 'set-up from the repository file' : `detected from ${files.join(', ')}`;
  const { prepared } = environment;
  if (prepared === null) {
    return [source];
  }
  const took = formatDuration(prepared.durationMs);
  const how = prepared.fromSnapshot ? `installed by an earlier task, ${took}` : took;
  return [source, prepared.ok ? how : `failed after ${took}`];
}

/**
 * What the checkout lacks, and a set-up that failed with its last lines and the likely cause; empty while there is
 * neither.
 */
export function renderSetupFailure(environment: AttemptEnvironment | null): string {
  const missing = (environment?.missing ?? []).slice(0, MAX_MISSING).map((sentence) => `- ${plainLine(sentence, 400)}`);
  const lacks = missing.length === 0 ? '' : ['**Not in the checkout:**', '', ...missing].join('\n');
  return [lacks, renderFailedSetup(environment?.prepared ?? null)].filter((part) => part !== '').join('\n\n');
}

function renderFailedSetup(prepared: AttemptEnvironment['prepared']): string {
  if (prepared === null || prepared.ok) {
    return '';
  }
  const exit =
    prepared.exitCode === null ? 'was stopped before it finished' : `ended with exit code ${prepared.exitCode}`;
  const cause = prepared.cause === null ? '' : ` Likely cause: ${prepared.cause}`;
  return [
    `**The set-up failed:** ${codeSpan(prepared.command, 200)} ${exit}.${cause}`,
    fence(lastLines(prepared.output), MAX_OUTPUT_CHARS),
  ].join('\n\n');
}

/** Folded: how the environment came to be. */
export function foldEnvironment(environment: AttemptEnvironment | null): string {
  const setup = environment?.setup ?? null;
  if (environment === null || setup === null) {
    return '';
  }
  return [
    `<details><summary>Environment: ${environment.prepared?.ok === false ? 'the set-up failed' : 'set up'}</summary>`,
    '',
    environmentFacts(environment).join(' · '),
    '',
    ...setup.commands.slice(0, MAX_COMMANDS).map((command) => `- ${codeSpan(command, 300)}`),
    ...(environment.verify === null ? [] : ['', `Tests: ${codeSpan(environment.verify.command, 300)}`]),
    '',
    '</details>',
  ].join('\n');
}
