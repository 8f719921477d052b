/**
 * The form in which two paths are compared when a file system, GitHub or a reader could take one for the other: NFKC,
 * one case, without characters that show nothing, and without the dots and spaces that Windows drops at the end of a name.
 */
export function foldPath(path: string): string {
  return path
    .normalize('NFKC')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKC')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, '')
    .replaceAll('\\', '/')
    .split('/')
    .map((part) => part.replace(/[. ]+$/, '') || part)
    .join('/');
}
