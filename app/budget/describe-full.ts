/** Why a task waits that is first in its queue: every place is taken, which its position alone does not say. */
export function describeFull({ limit, scope }: { scope: 'server' | 'repository'; limit: number }): string {
  const places = limit === 1 ? 'the one place' : `all ${limit} places`;
  const where = scope === 'server' ? 'of this server, which other repositories use too,' : 'of this repository';
  return `${places} ${where} ${limit === 1 ? 'is' : 'are'} taken`;
}
