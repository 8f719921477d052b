import type { Push } from './parse-push.ts';

const ZERO = '0'.repeat(40);

export type PushDecision =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly ref: string; readonly reason: string };

/** The one thing a worker may push: a commit to its own branch, in one command. */
export function decidePush(push: Push, workBranch: string): PushDecision {
  const own = `refs/heads/${workBranch}`;
  const [first] = push.commands;
  const wrong = push.commands.find((command) => command.ref !== own);
  const refuse = (reason: string): PushDecision => ({ allowed: false, ref: wrong?.ref ?? first?.ref ?? own, reason });
  if (wrong !== undefined) {
    return refuse(`only ${own} may be pushed here`);
  }
  if (push.commands.length !== 1) {
    return refuse(`exactly one ref update is expected, found ${push.commands.length}`);
  }
  if (first?.newSha === ZERO) {
    return refuse('the branch may not be deleted');
  }
  // A shallow clone names where its history ends; git then checks that what is pushed stands on commits that are here.
  if (push.extras.some((line) => !/^shallow [0-9a-f]{40}$/.test(line))) {
    return refuse('signed pushes are not supported; push without a signature');
  }
  if (push.capabilities.includes('push-options')) {
    return refuse('push options are not supported');
  }
  return { allowed: true };
}
