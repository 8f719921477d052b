import { canSee, checkAccess } from '../../auth/access.ts';
import { ok, type Exchange, type Reply } from '../../http/exchange.ts';
import { nodeId } from '../../json/user-json.ts';
import type { Comment } from '../../state/world.ts';
import { noSuchNode, refuse } from './refuse.ts';

/** Values of `ReportedContentClassifiers`; a test compares them with the published schema. */
export const CLASSIFIERS = ['SPAM', 'ABUSE', 'OFF_TOPIC', 'OUTDATED', 'DUPLICATE', 'RESOLVED'];

const WRITE = { permissions: ['issues:write', 'pull_requests:write'], role: 'write' as const };

export function minimizeComment(exchange: Exchange, input: Readonly<Record<string, unknown>>): Reply {
  checkAccess(exchange.caller, WRITE, undefined);
  const { classifier, subjectId } = input;
  if (typeof classifier !== 'string' || !CLASSIFIERS.includes(classifier)) {
    return refuse(undefined, 'Variable $input of type MinimizeCommentInput! was provided invalid value');
  }
  const comment = findComment(exchange, subjectId);
  if (comment === undefined) {
    return noSuchNode(subjectId);
  }
  comment.minimizedAs = classifier;
  return ok({ data: { minimizeComment: { minimizedComment: { isMinimized: true } } } });
}

function findComment({ caller, world }: Exchange, id: unknown): Comment | undefined {
  return [...world.repositories.values()]
    .filter((repository) => canSee(caller, repository))
    .flatMap((repository) => [...repository.issues.values()].flatMap((issue) => [...issue.comments.values()]))
    .find((comment) => nodeId('IssueComment', comment.id) === id);
}
