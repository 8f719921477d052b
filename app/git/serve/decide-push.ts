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
    return refuse(`exactly one command is expected, found ${push.commands.length}`);
  }
  if (first?.newSha === ZERO) {
    return refuse('the branch may not be deleted');
  }
  if (push.extras.length > 0) {
    return refuse('shallow and signed pushes are not taken; push from a full clone');
  }
  if (push.capabilities.includes('push-options')) {
    return refuse('push options are not taken');
  }
  return { allowed: true };
}
