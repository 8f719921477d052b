/** All that a worker finds in its environment. Whatever this process has in its own stays here. */
export function workerEnvironment(places: { path: string; home: string; temporary: string }): Record<string, string> {
  return {
    PATH: places.path,
    HOME: places.home,
    TMPDIR: places.temporary,
    LANG: 'C.UTF-8',
  };
}
