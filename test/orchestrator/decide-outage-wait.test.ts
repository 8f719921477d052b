import { describe, expect, it } from 'vitest';

import { decideOutageWait, type Outage } from '../../app/orchestrator/waiting/decide-outage-wait.ts';
import type { Outages } from '../../app/task/outages.ts';

const NOW = new Date('2026-11-21T12:00:00.000Z');
const HOUR_MS = 3_600_000;
const OPTIONS = { now: NOW, patienceMs: HOUR_MS, jitter: 1 };
const STORE: Outage = { service: 'store', note: 'The bucket does not answer.', retryAt: null };

function since(ms: number, waits: number): { outages: Outages } {
  return { outages: { store: { since: new Date(NOW.getTime() - ms), waits } } };
}

describe('what a step does while a service does not answer', () => {
  it.each([
    [0, 1],
    [1, 4],
    [2, 16],
    [4, 256],
    [5, 300],
    [40, 300],
  ])('after %i waits it pauses for %i seconds', (waits, seconds) => {
    const decision = decideOutageWait(waits === 0 ? { outages: {} } : since(1_000, waits), STORE, OPTIONS);
    expect(decision).toMatchObject({
      do: 'wait',
      wait: { reason: 'backoff', wakeAt: new Date(NOW.getTime() + seconds * 1_000), note: STORE.note },
      outages: { store: { waits: waits + 1 } },
    });
  });

  it('waits until the time that the service named', () => {
    const retryAt = new Date(NOW.getTime() + 77_000);
    const decision = decideOutageWait({ outages: {} }, { service: 'github', note: 'limited', retryAt }, OPTIONS);
    expect(decision).toMatchObject({ do: 'wait', wait: { reason: 'github', wakeAt: retryAt } });
  });

  it('gives up when the patience is over, counted from the first wait and for each service on its own', () => {
    expect(decideOutageWait(since(HOUR_MS + 1, 3), STORE, OPTIONS)).toMatchObject({
      do: 'give_up',
      failure: { code: 'STORE_UNAVAILABLE', detail: STORE.note },
    });
    expect(decideOutageWait(since(HOUR_MS, 3), STORE, OPTIONS)).toMatchObject({ do: 'wait' });
    expect(decideOutageWait(since(HOUR_MS + 1, 3), { ...STORE, service: 'github' }, OPTIONS)).toMatchObject({
      do: 'wait',
      outages: { github: { since: NOW, waits: 1 }, store: { waits: 3 } },
    });
  });
});
