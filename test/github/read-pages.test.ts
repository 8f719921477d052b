import { expect, test } from 'vitest';
import { readPages } from '../../app/github/request/read-pages.ts';

/** A list of so many items, with GitHub's links or behind a gateway that leaves them out. */
function listOf(total: number, links: 'links' | 'no links'): Parameters<typeof readPages<number>>[0] {
  return async ({ page, per_page: size }) => {
    const data = Array.from({ length: total }, (_, index) => index).slice((page - 1) * size, page * size);
    const headers = links === 'no links' ? {} : { link: page * size < total ? '<u>; rel="next"' : '<u>; rel="prev"' };
    return { ok: true, value: { data, headers, status: 200, url: '' } };
  };
}

test.each([0, 1, 99, 100, 101, 130, 200, 345])('all %i items are read with and without links', async (total) => {
  for (const links of ['links', 'no links'] as const) {
    const read = await readPages(listOf(total, links));
    expect(read.ok ? read.value.length : read).toBe(total);
  }
});
