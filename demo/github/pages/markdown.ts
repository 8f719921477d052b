import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';

/**
 * Markdown as HTML, without HTML of the author's: tags come out as text and dangerous links lose their target. As on
 * GitHub, comments are left out, and a few harmless tags without attributes are let through. Code is not touched.
 */
export function renderMarkdown(text: string): string {
  return micromark(text, { extensions: [gfm()], htmlExtensions: [gfmHtml(), onlyHarmlessHtml] });
}

const onlyHarmlessHtml: ReturnType<typeof gfmHtml> = {
  enter: {
    htmlFlow() {
      this.lineEndingIfNeeded();
      this.buffer();
    },
    htmlText() {
      this.buffer();
    },
  },
  exit: {
    htmlFlow() {
      this.raw(harmless(this.resume()));
    },
    htmlText() {
      this.raw(harmless(this.resume()));
    },
    htmlFlowData(token) {
      this.raw(this.sliceSerialize(token));
    },
    htmlTextData(token) {
      this.raw(this.sliceSerialize(token));
    },
  },
};

function harmless(html: string): string {
  const visible = html.replaceAll(/<!--[\s\S]*?(-->|$)/g, '');
  return escapeHtml(visible).replaceAll(/&lt;(\/?(?:details|summary|sub|sup|kbd|br))(?: ?\/)?&gt;/g, '<$1>');
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => ESCAPES[sign] ?? sign);
}
