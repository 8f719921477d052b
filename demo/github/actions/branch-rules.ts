import { runGit } from '../git/run-git.ts';
import { RestError } from '../http/rest-error.ts';
import type { Repository, SignatureRule } from '../state/world.ts';

/** Rules by which only signed commits may go to the ref. */
export function signatureRulesFor(repository: Repository, ref: string): SignatureRule[] {
  return repository.signatureRules.filter((rule) => isMatch(rule.ref, ref));
}

/** Refuses to move a ref as the rules for pushes do, in the words of the API. */
export async function checkRules(
  repository: Repository,
  move: { ref: string; sha: string },
  login: string,
): Promise<void> {
  const rule = repository.pushRules.find(
    ({ except, ref, unless }) =>
      isMatch(ref, move.ref) && !(unless !== undefined && isMatch(unless, move.ref)) && !except.includes(login),
  );
  if (rule !== undefined) {
    throw violation(rule.message);
  }
  if (move.sha === '' || signatureRulesFor(repository, move.ref).length === 0) {
    return;
  }
  const added = (await runGit(repository.dir, ['rev-list', move.sha, '--not', '--all'])).split('\n').filter(Boolean);
  if (added.some((sha) => !repository.signedCommits.has(sha))) {
    throw violation('Commits must have verified signatures.');
  }
}

function isMatch(pattern: string, ref: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(ref);
}

function violation(message: string): RestError {
  return new RestError(422, `Repository rule violations found\n\n${message}\n\n`);
}
