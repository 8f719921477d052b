import { deflateSync, gzipSync } from 'node:zlib';
import { createRedactor, type Redactor } from '../../../app/text/redact.ts';
import { pick, seeded, type Suite } from '../suite.ts';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

type Random = () => number;

function run(random: Random, length: number): string {
  return Array.from({ length }, () => pick(random, [...LETTERS])).join('');
}

/** Kinds of credentials a server may hold. */
const KINDS: readonly ((random: Random) => string)[] = [
  (random) => `ghs_${run(random, 36)}`,
  (random) => `ghs_123456_${run(random, 200)}.${run(random, 200)}.${run(random, 90)}`,
  (random) => `ghp_${run(random, 36)}`,
  (random) => `gho_${run(random, 36)}`,
  (random) => `ghu_${run(random, 36)}`,
  (random) => `ghr_${run(random, 36)}`,
  (random) => `github_pat_${run(random, 22)}_${run(random, 59)}`,
  (random) => `sk-ant-api03-${run(random, 90)}`,
  (random) => `sk-proj-${run(random, 48)}`,
  (random) => `sk-${run(random, 48)}`,
  (random) => run(random, 40),
  (random) => run(random, 64).toLowerCase(),
  (random) => run(random, 20),
  (random) => `AIza${run(random, 35)}`,
  (random) => `xoxb-${run(random, 12)}-${run(random, 24)}`,
  (random) => `glpat-${run(random, 20)}`,
  (random) => `npm_${run(random, 36)}`,
  (random) => `pypi-${run(random, 60)}`,
  (random) => `hf_${run(random, 34)}`,
  (random) => `SG.${run(random, 22)}.${run(random, 43)}`,
  (random) => `${run(random, 8)}-${run(random, 8)}-${run(random, 8)}-${run(random, 8)}`,
  (random) => `${run(random, 16)}/${run(random, 16)}+${run(random, 8)}`,
  (random) => `eyJ${run(random, 30)}.eyJ${run(random, 60)}.${run(random, 43)}`,
  (random) => `dckr_pat_${run(random, 27)}`,
  (random) => `sk_live_${run(random, 24)}`,
  (random) => `ya29.${run(random, 60)}`,
  (random) => `AKIA${run(random, 16).toUpperCase()}${run(random, 6)}`,
  (random) => `Bearer ${run(random, 40)}`,
  (random) => `postgres-${run(random, 24)}`,
  (random) => run(random, 128),
];

const ENCODINGS: readonly ((secret: string) => string)[] = [
  (secret) => secret,
  (secret) => Buffer.from(secret).toString('base64'),
  (secret) => Buffer.from(`x${secret}`).toString('base64'),
  (secret) => Buffer.from(`xy${secret}`).toString('base64url'),
  (secret) => Buffer.from(secret).toString('hex'),
  (secret) => encodeURIComponent(secret).replaceAll(/[a-z]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
  (secret) => [...secret].toReversed().join(''),
  (secret) => gzipSync(secret).toString('base64'),
  (secret) => deflateSync(Buffer.from(secret).toString('hex')).toString('base64'),
  (secret) => [...secret].join('\u200b'),
  (secret) => JSON.stringify([...secret].map((letter) => `\\u00${letter.charCodeAt(0).toString(16)}`).join('')),
  (secret) => secret.slice(0, Math.max(24, secret.length - 6)),
];

/** Where an agent could write it. */
const SINKS: readonly ((written: string) => string)[] = [
  (written) => `const key = "${written}";\n`,
  (written) => `KEY=${written}\n`,
  (written) => `# Notes\n\n- it is ${written}\n`,
  (written) => `{"a":{"b":["${written}"]}}`,
  (written) => `docs/${written}.md`,
  (written) => `Fix ${written} [skip ci]`,
  (written) => `${'x'.repeat(5_000)}${written}${'y'.repeat(5_000)}`,
  (written) => `<!-- ${written} -->`,
];

export const redaction: Suite = {
  name: 'redaction',
  claim: 'A credential of the server is found in a change in whatever form it is written, and no log shows it',
  async run(size) {
    const random = seeded(3);
    const kinds = size === 'sample' ? KINDS.filter((_, at) => at % 6 === 0) : KINDS;
    const bypasses: string[] = [];
    let tries = 0;
    for (const [kind, make] of kinds.entries()) {
      const secret = make(random);
      const redactor: Redactor = createRedactor([secret]);
      for (const [encoding, encode] of ENCODINGS.entries()) {
        for (const [sink, write] of SINKS.entries()) {
          tries += 1;
          const text = write(encode(secret));
          if (redactor.findSecrets(text).length === 0) {
            bypasses.push(`kind ${kind}, encoding ${encoding}, sink ${sink}: not found`);
          }
          if (encoding === 0 && redactor.redact(text).includes(secret)) {
            bypasses.push(`kind ${kind}, sink ${sink}: shown in a log`);
          }
        }
      }
    }
    return { tries, bypasses };
  },
};
