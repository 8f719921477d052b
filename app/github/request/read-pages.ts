import type { GitHubResult } from '../github.ts';
import type { Answer } from './connection.ts';

const PAGE_SIZE = 100;
/** Far above what GitHub keeps on one thread; a server that says "next" for ever ends here. */
const MAX_PAGES = 200;

export interface Page {
  readonly page: number;
  readonly per_page: number;
}

/**
 * Reads every page. Page numbers are counted here, the links of the answer only say whether there is another. Some
 * gateways leave the links out; then a full page means that there may be more.
 */
export async function readPages<T>(
  readPage: (page: Page) => Promise<GitHubResult<Answer<readonly T[]>>>,
): Promise<GitHubResult<T[]>> {
  const items: T[] = [];
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const result = await readPage({ page, per_page: PAGE_SIZE });
    if (!result.ok) {
      return result;
    }
    items.push(...result.value.data);
    const { data, headers } = result.value;
    const hasMore = headers['link'] === undefined ? data.length >= PAGE_SIZE : hasNext(headers['link']);
    if (!hasMore) {
      break;
    }
  }
  return { ok: true, value: items };
}

function hasNext(link: string | number): boolean {
  return /;\s*rel="next"/.test(String(link));
}
