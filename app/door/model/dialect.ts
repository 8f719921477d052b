import type { Agent, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { RequestTokens } from '../../budget/price-request.ts';
import type { PriceTable } from '../../budget/prices.ts';
import type { Checked, Refusal } from '../refusal.ts';

/**
 * One wire format that model providers speak. A dialect checks requests, says what bounds their cost, reads the usage out
 * of answers and writes refusals; it decides nothing about money. The gateway around it knows no field of any format.
 */
export interface Dialect {
  readonly name: string;
  /** The POST paths below the model gateway. `count` answers how long a prompt is and costs nothing. */
  readonly endpoints: ReadonlyMap<string, 'generate' | 'count'>;
  /** Accepts listed fields only and rebuilds the request from them, so that nothing unknown reaches the provider. */
  parse(json: unknown, call: IncomingCall): Checked<ModelRequest>;
  /** Reads an answer alongside its relay; `contentType` is the provider's. */
  readAnswer(contentType: string): AnswerReader;
  /** A refusal of the door in the provider's error shape, which the agent's SDK understands. */
  writeRefusal(refusal: Refusal): unknown;
  /** A request that costs nothing and succeeds only with a working key. */
  probe(model: string): UpstreamCall;
  /** Questions of Bosun's own, which are answered with JSON. */
  readonly question: QuestionFormat;
}

/** How a dialect asks for JSON of a schema. */
export interface QuestionFormat {
  /** The endpoint, one of `endpoints`. */
  readonly path: string;
  /** A request body that `parse` accepts. */
  compose(question: QuestionText): Readonly<Record<string, unknown>>;
  /** What was answered, or undefined where the answer holds no JSON. */
  read(answer: unknown): unknown;
}

export interface QuestionText {
  readonly model: string;
  readonly system: string;
  readonly user: string;
  readonly schema: Readonly<Record<string, unknown>>;
  readonly maxTokens: number;
}

/** What a worker sent, apart from its body. */
export interface IncomingCall {
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

/** One call to the provider, without its key. */
export interface UpstreamCall {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A checked request. */
export interface ModelRequest {
  readonly model: string;
  readonly stream: boolean;
  /** The limit of output that was asked for; null when the request names none. */
  readonly maxOutputTokens: number | null;
  /** Whether part of the output is reasoning, so that a low limit may leave no answer. */
  readonly thinks: boolean;
  readonly prompt: PromptFacts;
  /** The call with this limit of output. */
  generate(maxOutputTokens: number): UpstreamCall;
  /** How to ask for the length of the prompt; null where the provider has no such endpoint. */
  readonly count: CountCall | null;
}

export interface CountCall {
  readonly call: UpstreamCall;
  /** The count in the answer, or null when there is none. */
  read(json: unknown): number | null;
}

/** What bounds the tokens of a prompt. */
export interface PromptFacts {
  /** Bytes of the request; no token of text is shorter than a byte. */
  readonly bytes: number;
  readonly images: number;
  /** Bytes of image data, which do not bound their tokens. */
  readonly imageBytes: number;
  /** A PDF or the like inside: only the context window bounds its tokens. */
  readonly opaque: boolean;
  /** Whether anything asks for the one-hour cache, which is the dearest to write. */
  readonly oneHourCache: boolean;
}

export interface AnswerReader {
  readonly streamed: boolean;
  push(chunk: Uint8Array): void;
  /** What was seen so far; after the last chunk, what is known of the answer. */
  facts(): AnswerFacts;
}

/** What an answer reports about its cost. */
export interface AnswerFacts {
  /** As last reported; null when not even the prompt was. */
  readonly tokens: RequestTokens | null;
  /** Whether `tokens` is the provider's final word: reported at the end, and nothing was generated after it. */
  readonly final: boolean;
  /** Whether output had begun, visible or not. */
  readonly begun: boolean;
  /** Bytes of visible output. */
  readonly outputBytes: number;
  /** The error the provider put into the answer in place of its end. */
  readonly error: ProviderError | null;
}

/** `auth`: the key or its account is refused. `unavailable`: it may work later. `request`: this request will not work. */
export interface ProviderError {
  readonly kind: 'auth' | 'unavailable' | 'request';
  readonly message: string;
}

/**
 * A provider that takes the requests of a dialect in a form of its own: other paths, signed by credentials instead of a
 * key, and answers that have to be translated back.
 */
export interface ModelEndpoint {
  /** Rejects when there are no credentials to sign with. */
  adapt(call: UpstreamCall): Promise<AdaptedCall>;
}

export interface AdaptedCall {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The answer as the dialect has it; absent where it already is. */
  readonly translate?: (answer: IncomingMessage) => AnswerMessage;
}

/** An answer of the provider, or a translation of it. */
export type AnswerMessage = Readable & { readonly headers: IncomingHttpHeaders };

/** Where the models are: everything about one provider that an operator can choose. */
export interface ModelProvider {
  /** Its name in the configuration file; absent for the main one. */
  readonly id?: string;
  readonly dialect: Dialect;
  /** Without the path of the dialect: `https://api.anthropic.com`. Plain `http:` is accepted for the own network. */
  readonly baseUrl: string;
  /** Empty for a server that takes none. */
  readonly apiKey: string;
  /** Which header carries the key upstream, whatever the worker used. */
  readonly authStyle: 'bearer' | 'x-api-key' | 'api-key';
  /** Absent for a provider that takes the requests of its dialect as they are. */
  readonly endpoint?: ModelEndpoint;
  /** The models it serves, by id; one without a price cannot be used. */
  readonly prices: PriceTable;
  /** For a proxy or a private certificate authority; by default connections are kept alive. */
  readonly agent?: Agent;
}

/** The name of a provider in the ledger and for people. */
export function nameProvider({ id, dialect }: Pick<ModelProvider, 'id' | 'dialect'>): string {
  return id ?? dialect.name;
}
