const MAX_LENGTH = 40;

/**
 * A title as `[a-z0-9-]{1,40}` for branch names: accents dropped, everything else a hyphen, cut between words where
 * possible. `task` when nothing is left, as with a title in another script.
 */
export function slugify(title: string): string {
  const words = title
    .slice(0, 1_000)
    .normalize('NFKD')
    .replaceAll(/\p{M}+/gu, '')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  let slug = '';
  for (const word of words) {
    const longer = slug === '' ? word : `${slug}-${word}`;
    if (longer.length > MAX_LENGTH) {
      break;
    }
    slug = longer;
  }
  const whole = slug === '' ? (words[0] ?? '').slice(0, MAX_LENGTH) : slug;
  return whole === '' ? 'task' : whole;
}
