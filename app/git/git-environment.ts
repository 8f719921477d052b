/** Where git is looked for. Our processes inherit nothing from the environment of Bosun. */
const GIT_PATH = '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin:/run/current-system/sw/bin';

/** Transports git may use in one run; everything else stays refused. */
export type GitTransport = 'http' | 'https' | 'file';

export interface GitEnvironmentOptions {
  readonly transports?: readonly GitTransport[];
  /** Configuration of this run alone. Values may be secret: they travel in the environment, never in argv. */
  readonly config?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
}

/** True in every run: no hooks, no helpers, no prompts, no redirects, no submodules, no cleaning up behind our back. */
const FIXED_CONFIG: Readonly<Record<string, string>> = {
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'core.attributesFile': '/dev/null',
  'credential.helper': '',
  'gc.auto': '0',
  'maintenance.auto': 'false',
  'http.followRedirects': 'false',
  'protocol.allow': 'never',
  'submodule.recurse': 'false',
};

/** The whole environment of a git process. No file of the machine or of a person is read. */
export function gitEnvironment(options: GitEnvironmentOptions = {}): Record<string, string> {
  const allowed = (options.transports ?? []).map((transport) => [`protocol.${transport}.allow`, 'always'] as const);
  const config = { ...FIXED_CONFIG, ...Object.fromEntries(allowed), ...options.config };
  const environment: Record<string, string> = {
    PATH: GIT_PATH,
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_LFS_SKIP_SMUDGE: '1',
    ...options.variables,
  };
  const entries = Object.entries(config);
  environment['GIT_CONFIG_COUNT'] = String(entries.length);
  for (const [index, [key, value]] of entries.entries()) {
    environment[`GIT_CONFIG_KEY_${index}`] = key;
    environment[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return environment;
}

/** Configuration that shows a token to one server and to no other. */
export function tokenConfig(serverUrl: string, token: string): Record<string, string> {
  const basic = Buffer.from(`x-access-token:${token}`).toString('base64');
  return { [`http.${serverUrl.replace(/\/+$/, '')}/.extraHeader`]: `Authorization: Basic ${basic}` };
}
