import type { IncomingMessage, ServerResponse } from 'node:http';
import { DOOR_PATHS } from '../../protocol/index.ts';
import { allRules, enter } from './attempt-memory.ts';
import type { AttemptMemories } from './attempt-memory.ts';
import type { Connections } from './connections.ts';
import { authenticate } from './authenticate.ts';
import type { DoorLimits } from './door-limits.ts';
import type { DoorOptions, DoorRoute } from './door-options.ts';
import { handleConversation } from './conversation/handle-conversation.ts';
import { handleEvents } from './events/handle-events.ts';
import { handleReport } from './events/handle-report.ts';
import { handleGit } from './git/handle-git.ts';
import { handleModel } from './model/handle-model.ts';
import type { ModelGateway } from './model/model-exchange.ts';
import { handlePackages } from './packages/handle-packages.ts';
import { handleEnvironment } from './remote/handle-environment.ts';
import { handleJoin } from './remote/handle-join.ts';
import { sendRefusal } from './refusal.ts';

export interface DoorRooms {
  readonly options: DoorOptions;
  readonly limits: DoorLimits;
  readonly memories: AttemptMemories;
  readonly connections: Connections;
  /** One for each provider; the first that has a model serves it. */
  readonly gateways: readonly ModelGateway[];
}

/** Finds the handler of a request: nothing but the paths of `DOOR_PATHS`, and nothing but health without a token. */
export async function routeRequest(
  { request, response }: { request: IncomingMessage; response: ServerResponse },
  rooms: DoorRooms,
): Promise<void> {
  const { options, limits, connections } = rooms;
  function closeUnowned(): void {
    if (!connections.isOwned(request.socket)) {
      response.setHeader('connection', 'close');
    }
  }
  const url = URL.parse(request.url ?? '', 'http://door');
  const sessions = options.remoteSessions;
  const found = url === null ? null : findRoute(request.method ?? '', url.pathname);
  const room = sessions === undefined && (found === 'join' || found === 'environment') ? null : found;
  meterAnswer(response, room ?? 'none', options);
  if (url === null || room === null) {
    closeUnowned();
    sendRefusal(response, { code: 'NOT_FOUND', message: 'The door has no such path.' });
    return;
  }
  if (room === 'health') {
    closeUnowned();
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"ok":true}');
    return;
  }
  if (room === 'join') {
    closeUnowned();
    if (sessions !== undefined) {
      await handleJoin({ request, response }, sessions);
    }
    return;
  }
  const authenticated = await authenticate(request.headers, { attempts: options.stores.attempts, log: options.log });
  if (!authenticated.ok) {
    closeUnowned();
    sendRefusal(response, authenticated.refusal);
    return;
  }
  const session = authenticated.value;
  const owned = connections.own(request.socket, `${session.task.id}/${session.attempt.epoch}`);
  if (!owned.ok) {
    closeUnowned();
    sendRefusal(response, owned.refusal);
    return;
  }
  if (session.kind !== 'work' && (room === 'model' || room === 'conversation')) {
    const what = session.kind === 'prepare' ? 'prepares an environment' : 'runs checks';
    sendRefusal(response, { code: 'SESSION_NOT_ALLOWED', message: `A session that ${what} has no agent.` });
    return;
  }
  const now = options.clock.now();
  const memory = rooms.memories.of(session, now);
  if (room === 'packages') {
    // With limits of its own: an installation makes more requests than everything else together
    await handlePackages({ request, response, session, memory }, { packages: options.packages, limits, now });
    return;
  }
  const entered = enter(memory.all, allRules(limits, now));
  if (!entered.ok) {
    sendRefusal(response, entered.refusal);
    return;
  }
  try {
    switch (room) {
      case 'model':
        await handleModel({ request, response, url, session, memory }, rooms.gateways);
        break;
      case 'events':
        await handleEvents({ request, response, session, memory }, rooms);
        break;
      case 'conversation':
        await handleConversation(
          { request, response, session },
          { artifacts: options.artifacts, maxBytes: limits.conversationBytes },
        );
        break;
      case 'environment':
        if (sessions !== undefined) {
          const { environmentBytes: maxBytes } = limits;
          await handleEnvironment({ request, response, session }, { sessions, maxBytes, log: options.log });
        }
        break;
      case 'report':
        await handleReport(
          { request, response, session, url },
          { artifacts: options.artifacts, maxBytes: limits.reportBytes },
        );
        break;
      case 'git':
        await handleGit(
          { request, response, url },
          { session, git: options.git, maxBytes: limits.gitBodyBytes, log: options.log },
        );
        break;
    }
  } finally {
    entered.value();
  }
}

function meterAnswer(response: ServerResponse, room: DoorRoute, { onAnswer }: DoorOptions): void {
  if (onAnswer !== undefined) {
    const startedAt = performance.now();
    response.once('close', () =>
      onAnswer({ room, status: response.statusCode, durationMs: performance.now() - startedAt }),
    );
  }
}

function findRoute(method: string, path: string): Exclude<DoorRoute, 'none'> | null {
  if (path === DOOR_PATHS.health) {
    return method === 'GET' || method === 'HEAD' ? 'health' : null;
  }
  if (path === DOOR_PATHS.join) {
    return method === 'POST' ? 'join' : null;
  }
  if (path === DOOR_PATHS.environment) {
    return method === 'PUT' || method === 'GET' ? 'environment' : null;
  }
  if (path === DOOR_PATHS.events) {
    return method === 'POST' ? 'events' : null;
  }
  if (path === DOOR_PATHS.conversation) {
    return method === 'GET' || method === 'PUT' ? 'conversation' : null;
  }
  if (path.startsWith(`${DOOR_PATHS.report}/`)) {
    return method === 'PUT' ? 'report' : null;
  }
  if (path.startsWith(`${DOOR_PATHS.model}/`)) {
    return 'model';
  }
  if (path.startsWith(`${DOOR_PATHS.packages}/`)) {
    return 'packages';
  }
  return path.startsWith(`${DOOR_PATHS.git}/`) ? 'git' : null;
}
