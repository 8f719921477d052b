import { visibleText } from '../../../app/text/visible-text.ts';
import type { Suite } from '../suite.ts';

const WORD = 'IGNOREALLBEFORE';

/** Ways to write what a reader of the page does not see. GitHub shows the tags of scripts and frames as text. */
const CHANNELS: readonly string[] = [
  `<!-- ${WORD} -->`,
  `<!-- ${WORD}`,
  `<? ${WORD} ?>`,
  `<![CDATA[ ${WORD} ]]>`,
  `<!X ${WORD}>`,
  `[//]: # (${WORD})`,
  `[a]: https://x.test "${WORD}"`,
  `[^1]: ${WORD}`,
  `<details><summary>s</summary>${WORD}</details>`,
  `<span hidden>${WORD}</span>`,
  `<template>${WORD}</template>`,
  `<img alt="${WORD}" src=x>`,
  `![${WORD}](x.png)`,
  `[a](https://x.test "${WORD}")`,
  `[a](https://x.test/${WORD})`,
  `<a href="https://x.test/${WORD}">a</a>`,
  `<b title="${WORD}">a</b>`,
  `<video>${WORD}</video>`,
  `<noscript>${WORD}</noscript>`,
  `<object>${WORD}</object>`,
];

const AROUND: readonly ((hidden: string) => string)[] = [
  (hidden) => hidden,
  (hidden) => `Seen.\n\n${hidden}\n\nSeen too.`,
  (hidden) => `- Seen\n\n  ${hidden}\n`,
  (hidden) => `> Seen\n>\n> ${hidden}\n`,
  (hidden) => `Seen\n\n${hidden}\n${hidden}`,
];

export const hiddenText: Suite = {
  name: 'hidden text',
  claim: 'What a reader of the page does not see does not reach the prompt',
  async run() {
    const texts = CHANNELS.flatMap((channel) => AROUND.map((around) => around(channel)));
    const bypasses = texts.filter((text) => visibleText(text).text.includes(WORD)).map((text) => JSON.stringify(text));
    return { tries: texts.length, bypasses };
  },
};
