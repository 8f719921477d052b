import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Hono } from 'hono';
import type { WebEnv } from './parts.ts';

const FILES = { style: ['style.css', 'text/css'], script: ['live.js', 'text/javascript'] } as const;

/** The addresses of the style sheet and the script; they change with their content, so that they can be kept for good. */
export const ASSETS = { style: addressOf('style'), script: addressOf('script') };

function read(name: keyof typeof FILES): string {
  return readFileSync(new URL(`static/${FILES[name][0]}`, import.meta.url), 'utf8');
}

function addressOf(name: keyof typeof FILES): string {
  const digest = createHash('sha256').update(read(name)).digest('base64url').slice(0, 12);
  return `/assets/${digest}/${FILES[name][0]}`;
}

export function addStaticFiles(app: Hono<WebEnv>): void {
  for (const name of Object.keys(FILES) as (keyof typeof FILES)[]) {
    const text = read(name);
    app.get(ASSETS[name], (c) =>
      c.body(text, 200, {
        'content-type': `${FILES[name][1]}; charset=utf-8`,
        'cache-control': 'public, max-age=31536000, immutable',
      }),
    );
  }
}
