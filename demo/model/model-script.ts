/** A request of the Messages API, as far as scripts look at it. */
export interface ModelRequest {
  model: string;
  max_tokens: number;
  system?: unknown;
  messages: ModelMessage[];
  tools?: { name: string }[];
  stream?: boolean;
  [key: string]: unknown;
}

interface ModelMessage {
  role: 'user' | 'assistant';
  content: string | ContentBlock[];
}

export interface ContentBlock {
  type: string;
  text?: string;
  id?: string;
  tool_use_id?: string;
  content?: unknown;
  [key: string]: unknown;
}

/** What the model says in one turn. With `toolUse` it stops to have tools run, without it is done. */
export interface ModelReply {
  text?: string;
  toolUse?: { name: string; input: Record<string, unknown> }[];
  usage?: Partial<ModelUsage>;
  /** `end_turn` or `tool_use` by default. */
  stopReason?: string;
  /** Before the first byte. */
  delayMs?: number;
  /** Between the events of a stream. */
  eventDelayMs?: number;
}

/** Tokens. By default a quarter of the characters, with nothing cached. */
export interface ModelUsage {
  input: number;
  output: number;
  cacheCreation: number;
  cacheRead: number;
}

/** Something that goes wrong in place of a turn. */
export type ModelFault =
  | { fault: 'unauthorized' }
  | { fault: 'rate_limited'; retryAfterSeconds?: number }
  | { fault: 'overloaded' }
  | { fault: 'server_error' }
  /** It does not have that model, or no longer. */
  | { fault: 'no_such_model' }
  /** Ends the connection after that many events of the reply's stream (or without any answer when not streaming). */
  | { fault: 'cut'; afterEvents: number; reply: ModelReply }
  /** Never answers. */
  | { fault: 'hang' }
  /** Answers 200 with something that is not what was promised. */
  | { fault: 'malformed' };

export type Turn = ModelReply | ModelFault;

/** What came before, for a script that is a function. */
export interface TurnContext {
  /** How many turns the model had in this conversation. */
  turn: number;
  /** The text of all results of the last tool calls. */
  lastResult: string;
}

/**
 * Either turns in order, or a function that decides. In a list the number of assistant messages in the request picks
 * the turn, so that several conversations can run at once; a fault in the list hits each conversation once and the
 * turn behind it comes when the client tries again.
 */
export type ModelScript =
  | readonly (Turn | ((request: ModelRequest, context: TurnContext) => Turn))[]
  | ((request: ModelRequest, context: TurnContext) => Turn | Promise<Turn>);

export function isFault(turn: Turn): turn is ModelFault {
  return 'fault' in turn;
}

/** Makes a function of any script. Lists keep their own place in each conversation. */
export function scriptPlayer(script: ModelScript): (request: ModelRequest) => Promise<Turn> {
  if (typeof script === 'function') {
    return async (request) => script(request, contextOf(request));
  }
  const played = new Map<string, Set<number>>();
  return (request) => Promise.resolve(nextOf(script, request, played));
}

function nextOf(script: Exclude<ModelScript, Function>, request: ModelRequest, played: Map<string, Set<number>>): Turn {
  const context = contextOf(request);
  const conversation = JSON.stringify(request.messages[0] ?? null);
  const faultsPlayed = played.get(conversation) ?? new Set<number>();
  played.set(conversation, faultsPlayed);
  let turn = 0;
  for (const [index, entry] of script.entries()) {
    if (turn > context.turn) {
      break;
    }
    const value = typeof entry === 'function' ? entry(request, context) : entry;
    if (!isFault(value)) {
      if (turn === context.turn) {
        return value;
      }
      turn += 1;
    } else if (turn === context.turn && !faultsPlayed.has(index)) {
      faultsPlayed.add(index);
      return value;
    }
  }
  return { text: `The script has no turn ${context.turn + 1}; this is where it ends.` };
}

function contextOf(request: ModelRequest): TurnContext {
  const turn = request.messages.filter(({ role }) => role === 'assistant').length;
  return { turn, lastResult: textOf(request.messages.at(-1)?.content) };
}

/** All text in a piece of content, tool results included. */
function textOf(content: unknown): string {
  if (typeof content === 'string') {
    return content;
  }
  if (!Array.isArray(content)) {
    return '';
  }
  return (content as ContentBlock[]).map((block) => block.text ?? textOf(block.content)).join('\n');
}
