import { readFileSync } from 'node:fs';

/** The flags that `npm start` gives to Node, so that the App is measured as it is run. */
export function readStartFlags(): string[] {
  const file = new URL('../../package.json', import.meta.url);
  const { scripts } = JSON.parse(readFileSync(file, 'utf8')) as { scripts: { start: string } };
  return scripts.start.split(' ').filter((word) => word.startsWith('--'));
}
