import type { AnyJob } from '../../protocol/index.ts';

type Settings = readonly (readonly [key: string, value: string])[];

/** Nothing a repository can hold makes git run a program: no hooks, no watcher, no filters, no helpers, no pager. */
const INERT: Settings = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.attributesFile', '/dev/null'],
  ['core.excludesFile', '/dev/null'],
  ['core.pager', 'cat'],
  ['core.askPass', ''],
  ['credential.helper', ''],
  ['commit.gpgSign', 'false'],
  ['push.gpgSign', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['submodule.recurse', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  ['push.recurseSubmodules', 'no'],
  ['safe.directory', '*'],
  ['advice.detachedHead', 'false'],
  ['protocol.allow', 'never'],
  // Names that another system takes for `.git` are refused by the door; here they are left out by name, and the rest is kept.
  ['core.protectHFS', 'true'],
  ['core.protectNTFS', 'true'],
];

/** Environment for the worker's own git, away from the network. */
export function localGitEnvironment(base: Readonly<Record<string, string>>, job: AnyJob): Record<string, string> {
  return compose(base, { job, settings: [...INERT, ['protocol.file.allow', 'always']] });
}

/**
 * Environment for clone and push: the door's token as a header that goes to the door's URL and to no other. It is handed
 * over in the environment because anything in the arguments or the configuration could be read by others.
 */
export function doorGitEnvironment(
  base: Readonly<Record<string, string>>,
  job: AnyJob,
  remote: string,
): Record<string, string> {
  return compose(base, {
    job,
    settings: [
      ...INERT,
      ['protocol.http.allow', 'always'],
      ['http.proxy', ''],
      ['http.followRedirects', 'false'],
      [`http.${remote}.extraHeader`, `Authorization: Bearer ${job.door.token}`],
    ],
  });
}

function compose(
  base: Readonly<Record<string, string>>,
  { job, settings }: { job: AnyJob; settings: Settings },
): Record<string, string> {
  const environment: Record<string, string> = {
    ...base,
    ...authorship(job),
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_LFS_SKIP_SMUDGE: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_CONFIG_COUNT: String(settings.length),
  };
  settings.forEach(([key, value], index) => {
    environment[`GIT_CONFIG_KEY_${index}`] = key;
    environment[`GIT_CONFIG_VALUE_${index}`] = value;
  });
  return environment;
}

/** Whose name commits carry, for our own git and for the agent's. */
export function authorship({ git }: AnyJob): Record<string, string> {
  return {
    GIT_AUTHOR_NAME: git.authorName,
    GIT_AUTHOR_EMAIL: git.authorEmail,
    GIT_COMMITTER_NAME: git.authorName,
    GIT_COMMITTER_EMAIL: git.authorEmail,
  };
}
