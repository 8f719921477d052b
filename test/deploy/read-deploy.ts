import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SETTINGS } from '../../app/config/settings.ts';

export function readDeploy(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../../deploy/${path}`, import.meta.url)), 'utf8');
}

/** Variables of the AWS SDK that docs/configuration.md speaks of as "the usual ones". */
const AWS_VARIABLES = ['AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];
const SECRETS = [
  ...Object.values(SETTINGS).flatMap((setting) => (setting.secret ? [setting.name] : [])),
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
];

export function isKnownVariable(name: string): boolean {
  return name in SETTINGS || AWS_VARIABLES.includes(name);
}

export function isSecretVariable(name: string): boolean {
  return SECRETS.includes(name);
}

/** Values that nobody should find in a file: keys, tokens, and addresses with a password. */
export function findLiteralSecrets(text: string): string[] {
  const shapes = [
    /-----BEGIN [A-Z ]*PRIVATE KEY-----/g,
    /\bsk-ant-[\w-]{8,}/g,
    /\bgh[pousr]_\w{16,}/g,
    /\bAKIA[0-9A-Z]{16}\b/g,
    /postgres(?:ql)?:\/\/[^\s:/]+:[^\s@$…]{3,}@/g,
  ];
  return shapes.flatMap((shape) => [...text.matchAll(shape)].map(([found]) => found));
}
