import { missingForStart } from '../../config/app-settings.ts';
import { parseServerConfig, type Environment } from '../../config/server-config.ts';
import type { ConfigProblem } from '../../config/setting.ts';
import { SETTINGS } from '../../config/settings.ts';
import { fail, ok, warn, type Check, type Examined } from './check.ts';

const APP_SETTINGS = ['APP_ID', 'PRIVATE_KEY', 'PRIVATE_KEY_PATH', 'WEBHOOK_SECRET'];

/**
 * Reads the settings as `bosun start` would. Where some are wrong, the rest is still examined: with the wrong ones left
 * out, so that one run of the doctor finds everything.
 */
export function examineSettings(env: Environment): { checks: readonly Check[]; examined: Examined } {
  const first = parseServerConfig(env);
  if (first.ok) {
    const missing = missingForStart(first.config);
    const broken = missing.map((problem) => problem.name);
    const checks = [...missing.map(toCheck), ...first.warnings.map((warning) => warn('settings', warning, null))];
    const none = checks.length === 0 ? [ok('settings', `${countSet(env)} set, the others have their defaults`)] : [];
    return { checks: [...checks, ...none], examined: { config: first.config, broken } };
  }
  const broken = new Set(first.problems.map((problem) => problem.name));
  if (APP_SETTINGS.some((name) => broken.has(name))) {
    APP_SETTINGS.forEach((name) => broken.add(name));
  }
  const rest = parseServerConfig(Object.fromEntries(Object.entries(env).filter(([name]) => !broken.has(name))));
  if (!rest.ok) {
    throw new Error(
      `settings that were valid together are invalid alone:  ${rest.problems.map(({ name }) => name).join(', ')}`,
    );
  }
  const missing = missingForStart(rest.config).filter((problem) => !broken.has(problem.name));
  return {
    checks: [
      ...[...first.problems, ...missing].map(toCheck),
      ...rest.warnings.map((warning) => warn('settings', warning, null)),
    ],
    examined: { config: rest.config, broken: [...broken, ...missing.map((problem) => problem.name)] },
  };
}

function toCheck({ name, found, expected, example }: ConfigProblem): Check {
  const is = found === 'nothing' ? 'is not set' : `is ${found}`;
  const end = /[.?!]$/.test(expected) ? '' : '.';
  return fail('settings', `${name} ${is}`, `Set it to ${expected}${end} Example: ${name}=${example}`);
}

function countSet(env: Environment): number {
  return Object.keys(SETTINGS).filter((name) => (env[name]?.trim() ?? '') !== '').length;
}
