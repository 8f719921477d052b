import type { ChangedFile } from '../git/history.ts';
import { escapeHtml } from './markdown.ts';

/** One file of a diff as a card. */
export function renderDiff(file: ChangedFile): string {
  const name = file.previousPath ? `${file.previousPath} → ${file.path}` : file.path;
  const lines = (file.patch ?? '')
    .split('\n')
    .map((line) => `<div class="${lineClass(line)}">${escapeHtml(line) || ' '}</div>`);
  const body = file.patch === null ? '<div class="h">No text to show.</div>' : lines.join('');
  return `<div class="card"><div class="head"><b>${escapeHtml(name)}</b> <span class="plus">+${file.additions}</span> <span class="minus">−${file.deletions}</span></div><div class="diff">${body}</div></div>`;
}

function lineClass(line: string): string {
  const classes: Record<string, string> = { '+': 'a', '-': 'd', '@': 'h' };
  return classes[line[0] ?? ''] ?? '';
}
