import type { GitHub } from '../../../../app/github/github.ts';
import { found, problem } from './answers.ts';
import { createPullCalls } from './pulls.ts';
import { BOT, APP_ID, type GitHubState, type SimComment, type SimIssue } from './github-state.ts';

/** What only commands on pull requests need; nobody gives any here. */
const UNUSED = Object.fromEntries(
  [
    'fetchPullDetails',
    'fetchChangedFiles',
    'fetchReviewThreads',
    'replyToThread',
    'resolveThread',
    'createReview',
    'fetchFailedChecks',
    'fetchJobLog',
    'enableAutoMerge',
    'addLabels',
  ].map((name) => [name, async () => problem('not_found', `the simulation has no ${name}`)]),
) as unknown as Pick<
  GitHub,
  | 'fetchPullDetails'
  | 'fetchChangedFiles'
  | 'fetchReviewThreads'
  | 'replyToThread'
  | 'resolveThread'
  | 'createReview'
  | 'fetchFailedChecks'
  | 'fetchJobLog'
  | 'enableAutoMerge'
  | 'addLabels'
>;

/** Every repository has one check. */
const REPOSITORY_FILE = Buffer.from('verify: npm test\n');

/** GitHub's answers, honest and at once; what can go wrong on the way is the connection's business. */
export function createGitHubCalls(state: GitHubState): GitHub {
  function issueOf(repositoryId: number, number: number): SimIssue | undefined {
    return state.issues.find((issue) => issue.repositoryId === repositoryId && issue.number === number);
  }
  function factsOf(comment: SimComment) {
    return {
      id: comment.id,
      author: comment.author,
      appId: comment.appId,
      body: comment.body,
      url: `https://github.example/comment-${comment.id}`,
      createdAt: new Date(comment.createdAt),
      updatedAt: new Date(comment.updatedAt),
    };
  }
  return {
    ...createPullCalls(state),
    ...UNUSED,

    fetchRepository: async (id) => {
      const repository = state.repositories.get(id);
      return repository === undefined
        ? problem('not_found', 'no such repository')
        : found({
            ref: { id, owner: repository.owner, name: repository.name },
            defaultBranch: 'main',
            isPrivate: false,
            archived: repository.archived,
            htmlUrl: `https://github.example/${repository.owner}/${repository.name}`,
          });
    },
    fetchRepositoryByName: async () => problem('not_found', 'no such repository'),
    fetchRole: async (_repository, user) => found(state.roles.get(user.id) ?? 'none'),
    fetchThread: async (repository, number) => {
      const issue = issueOf(repository.id, number);
      return issue === undefined
        ? problem('not_found', 'no such issue')
        : found({
            number,
            kind: 'issue',
            nodeId: `I_${number}`,
            title: issue.title,
            body: issue.body,
            author: issue.author,
            state: issue.open ? 'open' : 'closed',
            locked: issue.locked,
            labels: [...issue.labels],
            updatedAt: new Date(issue.updatedAt),
          });
    },
    fetchComments: async (repository, number) =>
      found(
        state.comments
          .filter((one) => one.repositoryId === repository.id && one.number === number && !one.deleted)
          .map(factsOf),
      ),
    fetchFile: async (_repository, { path }) =>
      path === '.github/bosun.yml' ? found(REPOSITORY_FILE) : problem('not_found', 'no such file'),
    fetchFolder: async () => problem('not_found', 'no such folder'),
    createComment: async (repository, { number, body }) => {
      if (issueOf(repository.id, number)?.locked === true) {
        return problem('forbidden', 'the conversation is locked');
      }
      const at = state.time.now();
      const comment: SimComment = {
        id: state.nextId(),
        repositoryId: repository.id,
        number,
        author: BOT,
        appId: APP_ID,
        body,
        createdAt: at,
        updatedAt: at,
        deleted: false,
      };
      state.comments.push(comment);
      return found(factsOf(comment));
    },
    updateComment: async (_repository, { id, body }) => {
      const comment = state.comments.find((one) => one.id === id && !one.deleted);
      if (comment === undefined) {
        return problem('not_found', 'no such comment');
      }
      comment.body = body;
      comment.updatedAt = state.time.now();
      return found(factsOf(comment));
    },
    minimizeComment: async (_repository, { id }) => {
      const comment = state.comments.find((one) => one.id === id && !one.deleted);
      return comment === undefined ? problem('not_found', 'no such comment') : found(undefined);
    },
    addReaction: async (repository, { number, commentId, content }) => {
      state.reactions.add(`${repository.id}/${number}/${commentId ?? 'thread'}/${content}`);
      return found(undefined);
    },
    createCheckRun: async (repository, check) => {
      const id = state.nextId();
      const { conclusion = null, externalId, headSha, name, status } = check;
      state.checks.push({ id, repositoryId: repository.id, headSha, name, externalId, status, conclusion });
      return found({ id });
    },
    updateCheckRun: async (_repository, { id, status, conclusion = null }) => {
      const check = state.checks.find((one) => one.id === id);
      if (check === undefined) {
        return problem('not_found', 'no such check run');
      }
      Object.assign(check, { status, conclusion });
      return found(undefined);
    },
    findCheckRun: async (repository, on) => {
      const check = state.checks.find(
        (one) =>
          one.repositoryId === repository.id &&
          one.headSha === on.headSha &&
          one.name === on.name &&
          one.externalId === on.externalId,
      );
      return found(check === undefined ? null : { id: check.id });
    },
    withRepositoryToken: async (_repository, _permissions, use) => found(await use('token-of-one-repository')),
    // No rule here asks for signatures, so nobody has commits made.
    requiresSignatures: async () => found(false),
    withCommitWriter: async () => problem('forbidden', 'no commits are made here'),
  };
}
