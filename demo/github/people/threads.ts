import { emitCheckRun } from '../actions/check-actions.ts';
import { createComment, deleteComment, editComment, react } from '../actions/comment-actions.ts';
import {
  addLabels,
  createIssue,
  lockIssue,
  removeLabel,
  transferIssue,
  unlockIssue,
  updateIssue,
} from '../actions/issue-actions.ts';
import { createPull, mergePull, updatePull } from '../actions/pull-actions.ts';
import {
  dismissReview,
  replyToThread,
  requirePullIssue,
  resolveThread,
  submitReview,
  type LineDraft,
} from '../actions/review-actions.ts';
import { finishJob, setStatus, type JobDraft, type StatusDraft } from '../actions/status-actions.ts';
import { isPull, type PullIssue } from '../json/pull-json.ts';
import { mustFindRepository, mustFindUser, requireComment } from '../state/find.ts';
import type { Actor, CheckRun, Comment, CommitStatus, Issue, Review, ReviewThread, World } from '../state/world.ts';

/** A thread: `owner/name` and the number of its issue or pull request. */
export interface ThreadRef {
  repository: string;
  number: number;
}
/** A comment: `owner/name` and its id. */
interface CommentRef {
  repository: string;
  id: number;
}

/** What people do on GitHub's pages; each with the webhooks it causes. `as` is the login of who does it. */
export interface ThreadActs {
  openIssue: (repository: string, draft: { as: string; title: string; body?: string; labels?: string[] }) => Issue;
  editIssue: (thread: ThreadRef, edit: { as: string; title?: string; body?: string }) => Promise<void>;
  closeIssue: (thread: ThreadRef, by: { as: string }) => Promise<void>;
  reopenIssue: (thread: ThreadRef, by: { as: string }) => Promise<void>;
  lockIssue: (thread: ThreadRef, by: { as: string; reason?: string }) => void;
  unlockIssue: (thread: ThreadRef, by: { as: string }) => void;
  transferIssue: (thread: ThreadRef, to: { as: string; repository: string }) => Issue;
  /** Later requests for it are 410. */
  deleteIssue: (thread: ThreadRef) => void;
  addLabel: (thread: ThreadRef, add: { as: string; label: string }) => void;
  removeLabel: (thread: ThreadRef, remove: { as: string; label: string }) => void;
  comment: (thread: ThreadRef, draft: { as: string; body: string }) => Comment;
  editComment: (comment: CommentRef, edit: { as: string; body: string }) => void;
  deleteComment: (comment: CommentRef, by: { as: string }) => void;
  reactToComment: (comment: CommentRef, reaction: { as: string; content: string }) => void;
  openPull: (
    repository: string,
    draft: { as: string; title: string; head: string; base?: string; body?: string; draft?: boolean },
  ) => Promise<Issue>;
  markReady: (thread: ThreadRef, by: { as: string }) => Promise<void>;
  /** Returns the merge commit. */
  mergePull: (thread: ThreadRef, by: { as: string }) => Promise<string>;
  /** Submits a review of a pull request as it is now. */
  review: (
    thread: ThreadRef,
    review: {
      as: string;
      state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED';
      body?: string;
      comments?: readonly LineDraft[];
    },
  ) => Review;
  /** Conversations on lines of a pull request, oldest first. */
  reviewThreads: (thread: ThreadRef) => ReviewThread[];
  replyToReviewThread: (thread: ThreadRef, reply: { as: string; id: number; body: string }) => void;
  resolveReviewThread: (thread: ThreadRef, by: { as: string; id: number }) => void;
  /** Deletes a conversation with all its comments. */
  deleteReviewThread: (thread: ThreadRef, gone: { id: number }) => void;
  /** Another service says something about a commit. */
  setStatus: (repository: string, status: StatusDraft & { as: string }) => Promise<CommitStatus>;
  /** A job of GitHub Actions runs to its end on a commit. */
  finishJob: (repository: string, job: JobDraft) => Promise<CheckRun>;
  dismissReview: (thread: ThreadRef, dismissal: { as: string; id: number }) => void;
  /** Presses a button of a check run. */
  pressCheckRunButton: (run: CommentRef, press: { as: string; identifier: string }) => void;
  /** Presses "Re-run" of a check run. */
  rerunCheck: (run: CommentRef, by: { as: string }) => void;
}

export function threadActs(world: World): ThreadActs {
  const actor = (login: string): Actor => ({ user: mustFindUser(world, login), viaApp: false });
  const repositoryNamed = (name: string): Issue['repository'] => mustFindRepository(world, name);
  const find = ({ repository, number }: ThreadRef): Issue => {
    const issue = repositoryNamed(repository).issues.get(number);
    if (!issue) {
      throw new Error(`There is no issue or pull request ${repository}#${number} on the local GitHub.`);
    }
    return issue;
  };
  const findComment = ({ repository, id }: CommentRef): Comment => requireComment(repositoryNamed(repository), id);
  const change = async (issue: Issue, fields: Parameters<typeof updateIssue>[2]): Promise<void> => {
    if (isPull(issue)) {
      await updatePull(world, issue, fields);
      return;
    }
    updateIssue(world, issue, fields);
  };
  return {
    openIssue(repository, { as, title, body, labels }) {
      const draft = { title, body: body ?? null, labels: labels ?? [], actor: actor(as) };
      return createIssue(world, repositoryNamed(repository), draft);
    },
    editIssue: (thread, { as, ...fields }) => change(find(thread), { ...fields, actor: actor(as) }),
    closeIssue: (thread, { as }) => change(find(thread), { state: 'closed', actor: actor(as) }),
    reopenIssue: (thread, { as }) => change(find(thread), { state: 'open', actor: actor(as) }),
    lockIssue(thread, { as, reason }) {
      lockIssue(world, find(thread), { actor: actor(as), reason: reason ?? null });
    },
    unlockIssue(thread, { as }) {
      unlockIssue(world, find(thread), actor(as));
    },
    transferIssue(thread, to) {
      return transferIssue(world, find(thread), { repository: repositoryNamed(to.repository), actor: actor(to.as) });
    },
    deleteIssue(thread) {
      find(thread).deleted = true;
    },
    addLabel(thread, { as, label }) {
      addLabels(world, find(thread), { names: [label], actor: actor(as) });
    },
    removeLabel(thread, { as, label }) {
      removeLabel(world, find(thread), { name: label, actor: actor(as) });
    },
    comment(thread, { as, body }) {
      return createComment(world, find(thread), { body, actor: actor(as) });
    },
    editComment(comment, { as, body }) {
      editComment(world, findComment(comment), { body, actor: actor(as) });
    },
    deleteComment(comment, { as }) {
      deleteComment(world, findComment(comment), actor(as));
    },
    reactToComment(comment, { as, content }) {
      react(world, findComment(comment), { content, actor: actor(as) });
    },
    openPull(name, { as, title, head, base, body, draft }) {
      const repository = repositoryNamed(name);
      const fields = { title, head, base: base ?? repository.defaultBranch, body: body ?? null, draft: draft ?? false };
      return createPull(world, repository, { ...fields, actor: actor(as) });
    },
    markReady: (thread, { as }) => changePull(world, find(thread), actor(as)),
    mergePull(thread, { as }) {
      const issue = find(thread);
      return isPull(issue)
        ? mergePull(world, issue, actor(as))
        : Promise.reject(new Error('This is not a pull request.'));
    },
    review: (thread, { as, body = '', comments = [], state }) =>
      submitReview(world, find(thread), { body, state, actor: actor(as), comments }),
    reviewThreads: (thread) => requirePullIssue(find(thread)).pull.threads,
    replyToReviewThread(thread, { as, body, id }) {
      const issue = requirePullIssue(find(thread));
      replyToThread(world, issue, { thread: findReviewThread(issue, id), body, actor: actor(as) });
    },
    resolveReviewThread(thread, { as, id }) {
      const issue = requirePullIssue(find(thread));
      resolveThread(world, issue, { thread: findReviewThread(issue, id), by: actor(as) });
    },
    deleteReviewThread(thread, { id }) {
      const { pull } = requirePullIssue(find(thread));
      pull.threads = pull.threads.filter((one) => one.id !== id);
    },
    setStatus: (repository, { as, ...status }) =>
      setStatus(world, repositoryNamed(repository), { ...status, actor: actor(as) }),
    finishJob: (repository, job) => finishJob(world, repositoryNamed(repository), job),
    dismissReview: (thread, { as, id }) => dismissReview(world, find(thread), { id, actor: actor(as) }),
    pressCheckRunButton(run, { as, identifier }) {
      const more = { requested_action: { identifier } };
      emitCheckRun(world, findRun(world, run), { action: 'requested_action', sender: actor(as).user, more });
    },
    rerunCheck(run, { as }) {
      emitCheckRun(world, findRun(world, run), { action: 'rerequested', sender: actor(as).user });
    },
  };
}

function findReviewThread(issue: PullIssue, id: number): ReviewThread {
  const thread = issue.pull.threads.find((one) => one.id === id);
  if (thread === undefined) {
    throw new Error(`There is no conversation ${id} on #${issue.number} on the local GitHub.`);
  }
  return thread;
}

async function changePull(world: World, issue: Issue, actor: Actor): Promise<void> {
  if (isPull(issue)) {
    await updatePull(world, issue, { draft: false, actor });
  }
}

function findRun(world: World, { repository, id }: CommentRef): Parameters<typeof emitCheckRun>[1] {
  const run = mustFindRepository(world, repository).checkRuns.get(id);
  if (!run) {
    throw new Error(`There is no check run ${id} in ${repository} on the local GitHub.`);
  }
  return run;
}
