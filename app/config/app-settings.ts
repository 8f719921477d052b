import type { KubernetesConfig } from './cluster-sections.ts';
import type { DoorConfig } from './door-settings.ts';
import { isOnCluster } from './images-section.ts';
import { readPrivateKey } from './read/read-values.ts';
import { problemOf, type ConfigProblem, type Setting } from './setting.ts';
import { SETTINGS } from './settings.ts';

/** What the server needs to act as its GitHub App. */
export interface AppSettings {
  readonly appId: number;
  readonly privateKey: string;
  /** One, or two while rotating. */
  readonly webhookSecrets: readonly string[];
}

const NAMES = ['APP_ID', 'PRIVATE_KEY', 'PRIVATE_KEY_PATH', 'WEBHOOK_SECRET'] as const;

/** The settings of the GitHub App belong together: all of them, or none at all. */
export function readApp(source: {
  isSet: (name: string) => boolean;
  given: <T>(setting: Setting<T>) => T | null;
  file: (setting: Setting<string>) => string | null;
  problems: ConfigProblem[];
}): AppSettings | null {
  const { isSet, given, file, problems } = source;
  if (!NAMES.some((name) => isSet(name))) {
    return null;
  }
  for (const name of ['APP_ID', 'WEBHOOK_SECRET'] as const) {
    if (!isSet(name)) {
      problems.push(missingSetting(name));
    }
  }
  if (!isSet('PRIVATE_KEY') && !isSet('PRIVATE_KEY_PATH')) {
    problems.push(missingSetting('PRIVATE_KEY'));
  }
  const appId = given(SETTINGS.APP_ID);
  const privateKey = given(SETTINGS.PRIVATE_KEY) ?? readKeyFile(file, problems);
  const webhookSecrets = given(SETTINGS.WEBHOOK_SECRET);
  return appId === null || privateKey === null || webhookSecrets === null
    ? null
    : { appId, privateKey, webhookSecrets };
}

function missingSetting(name: 'APP_ID' | 'PRIVATE_KEY' | 'WEBHOOK_SECRET'): ConfigProblem {
  const problem = problemOf(SETTINGS[name], { text: undefined });
  return name === 'PRIVATE_KEY'
    ? { ...problem, expected: `${problem.expected}, or PRIVATE_KEY_PATH to the path of a file with it` }
    : problem;
}

function readKeyFile(file: (setting: Setting<string>) => string | null, problems: ConfigProblem[]): string | null {
  const text = file(SETTINGS.PRIVATE_KEY_PATH);
  if (text === null) {
    return null;
  }
  const key = readPrivateKey.read(text);
  if (!key.ok) {
    problems.push({
      name: 'PRIVATE_KEY_PATH',
      found: `a file of ${text.length} characters that are not shown`,
      expected: `a file with ${key.expected}`,
      example: SETTINGS.PRIVATE_KEY_PATH.example,
    });
    return null;
  }
  return key.value;
}

/** What `bosun start` needs beyond a valid configuration; empty when it can start. */
export function missingForStart(config: {
  readonly app: AppSettings | null;
  readonly model: { readonly apiKey: string | null };
  readonly providers: readonly unknown[];
  readonly roles: readonly string[];
  readonly compute: string;
  readonly door: DoorConfig;
  readonly kubernetes: KubernetesConfig;
}): ConfigProblem[] {
  const missing: ConfigProblem[] = [];
  if (config.app === null) {
    for (const name of ['APP_ID', 'PRIVATE_KEY', 'WEBHOOK_SECRET'] as const) {
      missing.push(missingSetting(name));
    }
  }
  if (config.model.apiKey === null && config.providers.length === 0 && config.roles.includes('door')) {
    missing.push(problemOf(SETTINGS.ANTHROPIC_API_KEY, { text: undefined }));
  }
  return [...missing, ...missingForCluster(config)];
}

/** Workers on other machines need a door that they reach. */
function missingForCluster(config: Parameters<typeof missingForStart>[0]): ConfigProblem[] {
  if (!isOnCluster(config.compute)) {
    return [];
  }
  const { door, kubernetes, roles } = config;
  const isOrchestrator = roles.includes('orchestrator');
  return [
    ...(roles.includes('door') && door.listen === null
      ? [problemOf(SETTINGS.BOSUN_DOOR_LISTEN, { text: undefined })]
      : []),
    ...(isOrchestrator && door.url === null ? [problemOf(SETTINGS.BOSUN_DOOR_URL, { text: undefined })] : []),
    ...(isOrchestrator && config.compute === 'kubernetes' && kubernetes.program === null
      ? [
          problemOf(SETTINGS.BOSUN_CONFIG, {
            text: undefined,
            expected:
              'a file in which `kubernetes.program` names the image of Bosun, which workers get their program from',
          }),
        ]
      : []),
  ];
}
