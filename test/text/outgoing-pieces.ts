/** What hostile Markdown is made of: whatever opens, closes, links, names or hides something. */
export const OUTGOING_PIECES: readonly string[] = [
  ['@octocat', '#12', 'closes ', 'octo/repo#1', 'GH-3', 'https://evil.test/a', 'www.evil.test', 'a@b.cc', '$', '$$'],
  ['`', '``', '```\n', '````\n', '~~~\n', '\n~~~~ js\n', '\\', ' ', '\n', '\n\n', '\t', '\n\t', '\n    ', '\n   '],
  ['*', '**', '_', '[', '](', ')', '![', '[!WARNING]', '\n[a]: ', '[a]', '[^1]', '\n[^1]: ', '<', '>', '</'],
  ['<b>', '<details>', '<summary>', '</details>', '<!--', '-->', '<pre>', '<?', '<![CDATA[', '&#64;', '&#35;', '&lt;'],
  ['a', '|', '\n| a |\n|-|\n|', '\n- ', '\n1. ', '\n> ', '\n# ', '\n---\n', '\n===\n', '\u200b', '😀', '\ud83d', '='],
].flat();
