import type { Dispatcher } from '../../../app/intake/dispatch-event.ts';

interface Event {
  readonly id: string;
  readonly name: string;
  readonly payload: { readonly action?: string };
}

/** What Probot does with an event once it is received: the handlers of its name, and what they throw in an aggregate. */
export function createDispatcher(): Dispatcher {
  const handlers = new Map<string, ((event: Event) => Promise<void>)[]>();
  return {
    on(name: string, handler: (event: Event) => Promise<void>) {
      handlers.set(name, [...(handlers.get(name) ?? []), handler]);
    },
    async receive(event: Event) {
      const errors: unknown[] = [];
      for (const name of [event.name, `${event.name}.${event.payload.action}`]) {
        for (const handle of handlers.get(name) ?? []) {
          await handle(event).catch((error: unknown) => errors.push(error));
        }
      }
      if (errors.length > 0) {
        throw new AggregateError(errors, 'a handler failed');
      }
    },
  } as unknown as Dispatcher;
}
