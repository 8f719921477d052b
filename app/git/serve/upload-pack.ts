import { PassThrough, pipeline } from 'node:stream';
import { hideRefs } from './advertise.ts';
import { killGit, spawnGit } from '../run-git.ts';
import { gitAnswer, type GitCall, type GitHttpResponse } from './git-http.ts';

const TIMEOUT_MS = 10 * 60_000;

/** Answers `POST git-upload-pack`: a clone or fetch, streamed as git makes it. */
export async function uploadPack(call: GitCall): Promise<GitHttpResponse> {
  const child = spawnGit({
    args: ['upload-pack', '--strict', '--stateless-rpc', call.repository.path],
    config: hideRefs(call.hidden),
  });
  const answer = new PassThrough();
  const stop = (): void => killGit(child);
  const timer = setTimeout(stop, TIMEOUT_MS);
  call.signal?.addEventListener('abort', stop, { once: true });
  child.stderr.resume();
  pipeline(call.body, child.stdin, (error) => {
    if (error !== null && error !== undefined && (error as NodeJS.ErrnoException).code !== 'EPIPE') {
      stop();
    }
  });
  child.stdout.pipe(answer, { end: false });
  child.on('error', (error) => answer.destroy(error));
  child.on('close', (exitCode) => {
    clearTimeout(timer);
    call.signal?.removeEventListener('abort', stop);
    if (exitCode === 0) {
      answer.end();
    } else {
      answer.destroy(new Error(`git upload-pack ended with ${exitCode ?? 'a signal'}`));
    }
  });
  answer.on('close', stop);
  return gitAnswer('git-upload-pack-result', answer);
}
