import type { Defence } from './defence.ts';

const WORD = 'IGNOREALLBEFORE';
const SECRET = 'sk-ant-api03-Zq8vK2mN7xRt4LpW9sYd';

export const TEXT_DEFENCES: readonly Defence[] = [
  reads('hidden elements', 'What is in an element that is not drawn does not reach the prompt', {
    file: 'app/text/visible/hidden-elements.ts',
    from: 'if (HIDDEN_TAGS.has(element.tagName.toLowerCase())) {',
    to: 'if (HIDDEN_TAGS.has("")) {',
    text: `<template>${WORD}</template>`,
  }),
  reads('hiding attributes', 'What an attribute hides does not reach the prompt', {
    file: 'app/text/visible/hidden-elements.ts',
    from: 'if (hidesBy(name.toLowerCase(), value)) {',
    to: 'if (hidesBy("", value)) {',
    text: `<p hidden>${WORD}</p>`,
  }),
  reads('drawings', 'What GitHub draws instead of showing its source does not reach the prompt', {
    file: 'app/text/visible/rendered-parts.ts',
    from: "['mermaid', 'geojson', 'topojson', 'stl']",
    to: '[]',
    text: `\`\`\`mermaid\n%% ${WORD}\n\`\`\``,
  }),
  {
    name: 'invisible characters',
    claim: 'Characters that show nothing do not reach the prompt',
    file: 'app/text/visible/plain-characters.ts',
    off: {
      from: "        removed?.add('invisible_character');\n      }\n      return '';",
      to: '      }\n      return run;',
    },
    attack: async () => {
      const { visibleText } = await import('../../../app/text/visible-text.ts');
      return visibleText('a\u{E0041}\u{E0042}b').text !== 'ab';
    },
  },
  writes('mentions', 'An agent notifies nobody', {
    file: 'app/text/outgoing/disarm.ts',
    from: 'if (!this.#hasMentioned && isAllowedMention(said, this.#allowed)) {',
    to: 'if (said !== "") {',
    text: 'Ask @octocat about it.',
    acts: (text) => /(?<!`)@octocat/.test(text),
  }),
  writes('references', 'An agent refers to no other issue', {
    file: 'app/text/outgoing/disarm.ts',
    from: 'return isAllowedReference(said, this.#allowed) ? this.#append(source) : this.#span(source);',
    to: 'return this.#append(source);',
    text: 'This closes #12.',
    acts: (text) => /(?<!`)#12/.test(text),
  }),
  writes('links', 'An agent links to no other server', {
    file: 'app/text/outgoing/disarm.ts',
    from: 'if (isOwnPage(said, this.#allowed.serverUrl)) {',
    to: 'if (said !== "") {',
    text: 'See https://evil.test/collect?q=1 for it.',
    acts: (text) => /(?<!`)https:/.test(text),
  }),
  writes('long text is cut first', 'An answer is never longer than it may be', {
    file: 'app/text/clean-output.ts',
    from: 'if (text.length <= maxLength) {',
    to: 'if (text.length >= 0) {',
    text: '@a '.repeat(200),
    maxLength: 200,
    acts: (text) => text.length > 200,
  }),
  finds('known values', 'A credential of the server is found as it is', {
    file: 'app/text/redact.ts',
    from: 'for (const form of secretForms(secret)) {',
    to: 'for (const form of [] as ReturnType<typeof secretForms>) {',
    text: () => `key = ${SECRET}`,
    kinds: ['known secret'],
  }),
  finds('encodings', 'A credential of the server is found with its letters turned by thirteen', {
    file: 'app/text/secrets/secret-forms.ts',
    from: '    rotate13(text),\n',
    to: '',
    text: () =>
      SECRET.replaceAll(/[a-z]/gi, (letter) => {
        const first = letter <= 'Z' ? 65 : 97;
        return String.fromCodePoint(((letter.charCodeAt(0) - first + 13) % 26) + first);
      }),
  }),
  finds('layers', 'A credential of the server is found behind compression and layers of encodings', {
    file: 'app/text/redact.ts',
    from: 'return isKnown ? found : [...found, ...findEncoded(text, known)];',
    to: 'return found;',
    text: async () => {
      const { gzipSync } = await import('node:zlib');
      return gzipSync(SECRET).toString('base64');
    },
  }),
  finds('parts', 'A part of a credential of the server is found', {
    file: 'app/text/redact.ts',
    from: 'for (const part of secretParts(secret)) {',
    to: 'for (const part of [] as string[]) {',
    text: () => `x = "${SECRET.slice(13, 28)}"`,
    kinds: ['part of a known secret'],
  }),
  ...(
    [
      ['GitHub tokens', "shape('GitHub token', /gh[opsur]_[A-Za-z0-9._-]{36,}/g),", `ghs_${'aB3xK9pQ2mZ7'.repeat(4)}`],
      ['Anthropic keys', "shape('Anthropic key', /sk-ant-[A-Za-z0-9_-]{20,}/g),", 'sk-ant-Qw3rTy7uIo9pAs1dFg5hJk2l'],
      ['npm tokens', "shape('npm token', /\\bnpm_[A-Za-z0-9]{36}/g),", `npm_${'aB3xK9pQ2mZ7'.repeat(3)}`],
      [
        'Google keys',
        "shape('Google key', /\\bAIza[A-Za-z0-9_-]{35}/g),",
        `AIza${'aB3xK9pQ2mZ7'.repeat(3).slice(0, 35)}`,
      ],
      ['Stripe keys', "shape('Stripe key', /\\b[rs]k_live_[A-Za-z0-9]{20,}/g),", `sk_live_${'aB3xK9pQ2mZ7'.repeat(2)}`],
      ['GitLab tokens', "shape('GitLab token', /\\bglpat-[A-Za-z0-9_-]{20,}/g),", `glpat-${'aB3xK9pQ2mZ7'.repeat(2)}`],
    ] as const
  ).map(([what, line, value]) => ({
    name: what,
    claim: `${what} are found by their looks`,
    file: 'app/text/secrets/secret-shapes.ts',
    off: { from: `  ${line}\n`, to: '' },
    attack: async () => {
      const { createRedactor } = await import('../../../app/text/redact.ts');
      return createRedactor([]).findSecrets(`token: ${value}`).length === 0;
    },
  })),
  subject('checks are not skipped', 'A commit message skips no checks', {
    from: "      .replaceAll(SKIP_IN_BRACKETS, '')\n",
    text: 'Fix it [skip ci]',
    left: '[skip ci]',
  }),
  subject('no mentions in commits', 'A commit message mentions nobody', {
    from: "      .replaceAll('@', '')\n",
    text: 'Fix it @octocat',
    left: '@',
  }),
  subject('no references in commits', 'A commit message closes no issue', {
    from: "      .replaceAll(/#(?=\\d)/g, '')\n",
    text: 'Fixes #12',
    left: '#12',
  }),
  {
    name: 'no trailers in commits',
    claim: 'A commit message carries no trailer of an agent',
    file: 'app/publish/commits/clean-subject.ts',
    off: { from: "return TRAILER.test(harmless) ? '' : shorten(harmless);", to: 'return shorten(harmless);' },
    attack: () => subjectHas('Signed-off-by: Linus', 'Signed-off-by'),
  },
  {
    name: 'rules to the end',
    claim: 'What one rule for commit messages leaves behind, the next finds',
    file: 'app/publish/commits/clean-subject.ts',
    off: { from: 'untilStable(visible, applyRules)', to: 'applyRules(visible)' },
    attack: () => subjectHas('Fix [skip @ci] [ski@p ci]', '[skip ci]'),
  },
];

function reads(name: string, claim: string, given: { file: string; from: string; to: string; text: string }): Defence {
  return {
    name,
    claim,
    file: given.file,
    off: given,
    attack: async () => {
      const { visibleText } = await import('../../../app/text/visible-text.ts');
      return visibleText(given.text).text.includes(WORD);
    },
  };
}

function writes(
  name: string,
  claim: string,
  given: { file: string; from: string; to: string; text: string; maxLength?: number; acts: (text: string) => boolean },
): Defence {
  const { maxLength = 60_000 } = given;
  return {
    name,
    claim,
    file: given.file,
    off: given,
    attack: async () => {
      const { disarm } = await import('../../../app/text/outgoing/disarm.ts');
      const { cleanOutput } = await import('../../../app/text/clean-output.ts');
      const options = { serverUrl: 'https://github.com', maxLength };
      // What `disarm` lets through would still be put into a block of code, so it is asked by itself.
      const text = given.file.endsWith('disarm.ts') ? disarm(given.text, options) : cleanOutput(given.text, options);
      return given.acts(text);
    },
  };
}

function finds(
  name: string,
  claim: string,
  given: {
    file: string;
    from: string;
    to: string;
    text: () => string | Promise<string>;
    /** Of these kinds at least one; any when absent. */
    kinds?: readonly string[];
  },
): Defence {
  return {
    name,
    claim,
    file: given.file,
    off: given,
    attack: async () => {
      const { createRedactor } = await import('../../../app/text/redact.ts');
      const text = await given.text();
      const found = createRedactor([SECRET]).findSecrets(text);
      return !found.some(({ kind }) => given.kinds?.includes(kind) ?? true);
    },
  };
}

function subject(name: string, claim: string, given: { from: string; text: string; left: string }): Defence {
  return {
    name,
    claim,
    file: 'app/publish/commits/clean-subject.ts',
    off: { from: given.from, to: '' },
    attack: () => subjectHas(given.text, given.left),
  };
}

async function subjectHas(text: string, left: string): Promise<boolean> {
  const { cleanSubject } = await import('../../../app/publish/commits/clean-subject.ts');
  return cleanSubject(text).includes(left);
}
