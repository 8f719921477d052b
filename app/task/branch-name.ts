/** The same name without a folder, for repositories where a branch `bosun` or a rule excludes `bosun/…`. */
export function flatBranchName(branch: string): string {
  return branch.replaceAll('/', '-');
}

/** `bosun/<task id>-<slug>`, from `[a-z0-9-]` only; nothing a person wrote goes in unchanged. */
export function branchName(taskId: string, slug: string): string {
  const safe = slug
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '')
    .slice(0, 40)
    .replaceAll(/^-+|-+$/g, '');
  return safe === '' ? `bosun/${taskId.toLowerCase()}` : `bosun/${taskId.toLowerCase()}-${safe}`;
}
