import type { AttemptRepository } from '../attempt/attempt.ts';
import { runGit } from '../run-git.ts';
import { gitAnswer, plainAnswer, type GitHttpResponse } from './git-http.ts';
import { FLUSH, pktLine } from './pkt-line.ts';

/** Refs that this one request does not see, in addition to those hidden in the repository's own configuration. */
export function hideRefs(refs: readonly string[]): Record<string, string> {
  return Object.fromEntries(refs.map((ref) => ['uploadpack.hideRefs', ref]));
}

/** Answers `GET info/refs`: the refs there are and what this side can do. */
export async function advertise(
  repository: AttemptRepository,
  { hidden, service }: { service: 'git-upload-pack' | 'git-receive-pack'; hidden: readonly string[] },
): Promise<GitHttpResponse> {
  const program = service.slice('git-'.length);
  const result = await runGit({
    args: [program, '--stateless-rpc', '--http-backend-info-refs', repository.path],
    config: hideRefs(hidden),
  });
  if (!result.ok) {
    return plainAnswer(500, 'The repository of this attempt cannot be read: the log of the server says why.');
  }
  const body = Buffer.concat([pktLine(`# service=${service}\n`), FLUSH, result.stdout]);
  return gitAnswer(`${service}-advertisement`, body);
}
