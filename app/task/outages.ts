/** A service that a task needs and that does not answer: GitHub, the artifact store, the model provider, what runs workers. */
export type Service = 'github' | 'store' | 'model' | 'compute';

/** One entry for each service that a task is waiting for: since when, and how many waits in a row. */
export type Outages = Readonly<Partial<Record<Service, { readonly since: Date; readonly waits: number }>>>;

/** The outages with one more wait for `service`. */
export function addWait(outages: Outages, service: Service, now: Date): Outages {
  const known = outages[service];
  return { ...outages, [service]: { since: known?.since ?? now, waits: (known?.waits ?? 0) + 1 } };
}

/** The outages without those that are over. */
export function endOutages(outages: Outages, over: readonly Service[]): Outages {
  return Object.fromEntries(Object.entries(outages).filter(([service]) => !over.includes(service as Service)));
}
