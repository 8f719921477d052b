import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ModelPrice } from '../../budget/prices.ts';
import type { DoorSession } from '../../store/stores.ts';
import type { AttemptMemory } from '../attempt-memory.ts';
import type { DoorLimits } from '../door-limits.ts';
import type { DoorOptions, ModelProblem } from '../door-options.ts';
import { sendRefusal } from '../refusal.ts';
import type { Refusal } from '../refusal.ts';
import type { ModelProvider, ModelRequest } from './dialect.ts';
import type { RetiredModels } from './retired-models.ts';
import type { SendUpstream } from './upstream/send-upstream.ts';

export interface ModelExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly session: DoorSession;
  readonly memory: AttemptMemory;
}

/** The way to one provider. */
export interface ModelGateway {
  readonly options: DoorOptions;
  readonly provider: ModelProvider;
  readonly limits: DoorLimits;
  readonly send: SendUpstream;
  /** A provider that cannot be used, or null for one that answers. */
  readonly noteModel: (problem: ModelProblem | null) => Promise<void>;
  /** Models that a provider of this door no longer has. */
  readonly retired: RetiredModels;
  /** Aborted when the door gives up on requests in progress. */
  readonly closing: AbortSignal;
}

/** A checked request and the price of its model. */
export interface Asked {
  readonly request: ModelRequest;
  readonly price: ModelPrice;
  /** Whether another model takes its place when the provider no longer has this one. */
  readonly isReplaceable: boolean;
}

/** Writes a refusal in the error shape of the provider's dialect. */
export function refuseModel(
  { response }: ModelExchange,
  { provider }: Pick<ModelGateway, 'provider'>,
  refusal: Refusal,
): void {
  sendRefusal(response, refusal, provider.dialect.writeRefusal(refusal));
}
