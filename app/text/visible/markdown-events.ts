import { parse, postprocess, preprocess } from 'micromark';
import { gfm } from 'micromark-extension-gfm';

export type MarkdownEvent = ReturnType<typeof postprocess>[number];
export type MarkdownToken = MarkdownEvent[1];

/** What GitHub's flavor of Markdown sees in a text, in order. Offsets count UTF-16 units of the text. */
export function markdownEvents(text: string): MarkdownEvent[] {
  return postprocess(
    parse({ extensions: [gfm()] })
      .document()
      .write(preprocess()(text, undefined, true)),
  );
}
