import { checkBranch, type AttemptRepository } from '../attempt/attempt.ts';
import { advertise } from './advertise.ts';
import { plainAnswer, type GitHttpRequest, type GitHttpResponse } from './git-http.ts';
import { readGitBody } from './read-git-body.ts';
import { answerOnceStored } from './answer-once-stored.ts';
import { receivePack } from './receive-pack.ts';
import { uploadPack } from './upload-pack.ts';

/** Haves and wants of a clone; git sends a few kilobytes. */
const MAX_NEGOTIATION_BYTES = 4 * 1024 * 1024;
const MAX_PUSH_BYTES = 64 * 1024 * 1024;

/**
 * git's smart HTTP protocol for one attempt: clone and fetch of its two branches, push of one. Only the first version of
 * the protocol is spoken: the second gives out any object by its hash, and the mirror behind holds other branches too.
 * A push is answered with success only after `keep` has resolved.
 */
export async function serveRepository(
  repository: AttemptRepository,
  request: GitHttpRequest,
  options: {
    keep: () => Promise<void>;
    /** `base`, `check`: that branch may be fetched, and nothing be pushed. */
    show: 'all' | 'base' | 'check';
  },
): Promise<GitHttpResponse> {
  const service = request.query.get('service');
  if (options.show !== 'all' && (service === 'git-receive-pack' || request.path === '/git-receive-pack')) {
    const what = options.show === 'base' ? 'prepares an environment' : 'runs checks';
    const reason = `a session that ${what} may not push`;
    return { ...plainAnswer(403, `Not allowed: ${reason}.`), refused: { code: 'REF_NOT_ALLOWED', reason } };
  }
  const hidden = hiddenFrom(options.show, repository);
  if (request.path === '/info/refs' && request.method === 'GET') {
    if (service === 'git-upload-pack') {
      return advertise(repository, { service, hidden });
    }
    // What is shown here is not pushed again, so it has to be stored before.
    return service === 'git-receive-pack'
      ? answerOnceStored(options.keep, () => advertise(repository, { service, hidden }))
      : plainAnswer(403, 'Only the smart HTTP protocol is supported: update git.');
  }
  const isUpload = request.path === '/git-upload-pack';
  if (!isUpload && request.path !== '/git-receive-pack') {
    return plainAnswer(404, 'There is nothing at this path: use the address of the repository as the remote of git.');
  }
  if (request.method !== 'POST') {
    return plainAnswer(405, 'Only POST is supported here: use the address of the repository as the remote of git.');
  }
  const body = readGitBody(request.body, {
    encoding: header(request, 'content-encoding'),
    maxBytes: isUpload ? MAX_NEGOTIATION_BYTES : MAX_PUSH_BYTES,
  });
  if (body === null) {
    return plainAnswer(415, 'The body may be plain or gzip: git sends both.');
  }
  const call = {
    repository,
    body,
    hidden,
    keep: options.keep,
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  };
  return isUpload ? uploadPack(call) : receivePack(call);
}

function hiddenFrom(show: 'all' | 'base' | 'check', repository: AttemptRepository): string[] {
  const { baseBranch, workBranch } = repository;
  const hidden = {
    all: [checkBranch(repository)],
    base: [checkBranch(repository), workBranch],
    check: [baseBranch, workBranch],
  };
  return hidden[show].map((branch) => `refs/heads/${branch}`);
}

function header(request: GitHttpRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : value?.[0];
}
