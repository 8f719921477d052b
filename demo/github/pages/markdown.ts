import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';

/**
 * Markdown as HTML without any HTML of the author's: tags come out as text and dangerous links lose their target.
 * HTML comments are left out and `<details>` with `<summary>` is let through, as on GitHub.
 */
export function renderMarkdown(text: string): string {
  const html = micromark(text.replaceAll(/<!--[\s\S]*?(-->|$)/g, ''), {
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
  });
  return html.replaceAll(/&lt;(\/?(?:details|summary|sub|sup|kbd|br))(?: ?\/)?&gt;/g, '<$1>');
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => ESCAPES[sign] ?? sign);
}
