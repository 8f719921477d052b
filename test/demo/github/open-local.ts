import { Octokit } from '@octokit/rest';
import { createAppJwt, readAppKey } from '../../../app/github/request/app-jwt.ts';
import { createLocalGitHub } from '../../../demo/github/create-local-github.ts';
import type { LocalGitHub, LocalGitHubOptions } from '../../../demo/github/local-github.ts';

export const NAME = 'ada/engine';
export const AT = { owner: 'ada', repo: 'engine' };

/** A local GitHub with `ada/engine`, its owner, a writer called bea and someone without write access called eve. */
export async function openLocal(options: LocalGitHubOptions = {}): Promise<LocalGitHub> {
  const github = await createLocalGitHub({ deliveries: 'manual', ...options });
  for (const login of ['ada', 'bea', 'eve']) {
    github.createUser({ login });
  }
  await github.createRepository({
    owner: 'ada',
    name: 'engine',
    files: { 'README.md': '# Engine\n', 'src/a.txt': 'one\n' },
  });
  github.setPermission(NAME, 'bea', 'write');
  return github;
}

/** Octokit as it comes, so that an answer is seen as it is. */
export function client(github: LocalGitHub, auth?: string): Octokit {
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  return new Octokit({ baseUrl: github.apiUrl, ...(auth === undefined ? {} : { auth }), log: quiet });
}

/** The app itself, signing with its private key. */
export function appClient(github: LocalGitHub, privateKey = github.app.privateKey): Octokit {
  return client(github, createAppJwt({ appId: github.app.id, key: readAppKey(privateKey) }, new Date()));
}

export interface Refusal {
  status: number;
  message: string;
  errors: unknown[];
}

/** What the request was refused with; fails when it was not. */
export async function refusalOf(request: Promise<unknown>): Promise<Refusal> {
  try {
    await request;
  } catch (error) {
    const { status, response } = error as {
      status: number;
      response?: { data?: { message?: string; errors?: unknown[] } };
    };
    return { status, message: response?.data?.message ?? String(error), errors: response?.data?.errors ?? [] };
  }
  throw new Error('The request was expected to be refused and was not.');
}
