import { readdirSync } from 'node:fs';
import { decideGate } from '../../../app/publish/gate/decide-gate.ts';
import { PROTECTED_FAMILIES } from '../../../app/publish/gate/protected-paths.ts';
import { change, gateFacts, POLICY } from '../../publish/gate/gate-samples.ts';
import type { Suite } from '../suite.ts';

const ROOT = new URL('../../../', import.meta.url).pathname;

/** Other ways to write a path that some system takes for the same. */
const SPELLINGS: readonly ((path: string) => string)[] = [
  (path) => path,
  (path) => path.toUpperCase(),
  (path) => path.replaceAll(/[a-z]/g, (letter, at: number) => (at % 2 === 0 ? letter.toUpperCase() : letter)),
  (path) => `${path}.`,
  (path) => `${path} `,
  (path) => `${path}::$DATA`,
  (path) => path.replaceAll('/', '\\'),
  (path) => path.replace(/[a-z]/, (letter) => String.fromCodePoint(letter.charCodeAt(0) + 0xfee0)),
  (path) => path.replace(/[a-z]/, (letter) => `${letter}\u200b`),
  (path) => path.replace(/[a-z]/, (letter) => `${letter}\ufe0f`),
];

function isStopped(path: string): boolean {
  return decideGate(gateFacts({ net: [change(path)] }), POLICY).outcome !== 'pass';
}

export const paths: Suite = {
  name: 'paths',
  claim: 'A file that steers what runs is withheld or held in every spelling, and ordinary files are not',
  async run() {
    const patterns = PROTECTED_FAMILIES.flatMap((family) => family.patterns);
    const named = patterns.map((pattern) =>
      pattern
        .replaceAll('**/', 'a/')
        .replace(/\/\*\*$/, '/x')
        .replaceAll('*', 'x'),
    );
    const spelled = named.flatMap((path) => SPELLINGS.map((spell) => spell(path)));
    const ordinary = ['app', 'test', 'demo', 'bench', 'worker', 'protocol'].flatMap((folder) =>
      readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: 'utf8' })
        .map((name) => `${folder}/${name}`)
        .filter((name) => !/\/(?:AGENTS|CONTRIBUTING)\.md$/.test(name)),
    );
    const bypasses = [
      ...spelled.filter((path) => !isStopped(path)).map((path) => `passes: ${JSON.stringify(path)}`),
      ...ordinary.filter(isStopped).map((path) => `stopped without reason: ${path}`),
    ];
    return { tries: spelled.length + ordinary.length, bypasses };
  },
};
