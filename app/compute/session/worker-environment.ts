/** All that a worker finds in its environment. Whatever this process has in its own stays here. */
export function workerEnvironment(places: {
  path: string;
  home: string;
  temporary: string;
  /** Where Node finds modules it has compiled before. */
  compileCache: string | null;
}): Record<string, string> {
  return {
    PATH: places.path,
    HOME: places.home,
    TMPDIR: places.temporary,
    LANG: 'C.UTF-8',
    ...(places.compileCache === null ? {} : { NODE_COMPILE_CACHE: places.compileCache }),
  };
}
