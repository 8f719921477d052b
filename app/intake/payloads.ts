import { z } from 'zod';

import { storableText } from '../../protocol/index.ts';

/** What people wrote, cleaned before anything looks at it. */
const text = z.string().transform(storableText);

/** The few fields of GitHub's payloads that routing needs; tolerant on read, everything else is dropped. */
const Person = z.object({ id: z.number(), login: z.string(), type: z.string().default('User').catch('User') });

const Repository = z.object({
  id: z.number(),
  name: z.string(),
  owner: z.object({ login: z.string() }),
  default_branch: z.string().default('main').catch('main'),
  archived: z.boolean().default(false).catch(false),
  html_url: z.string().default('').catch(''),
});

const Installation = z.object({ id: z.number() });

const Issue = z.object({
  number: z.number(),
  title: text,
  body: text.nullish(),
  state: z.string().default('open').catch('open'),
  locked: z.boolean().default(false).catch(false),
  updated_at: z.string(),
  user: Person.nullish(),
  pull_request: z.unknown().optional(),
});

/** Set in payloads made of what a sweep found: the text may not be the one that was there when the order was given. */
const textMayDiffer = z.boolean().optional();

const Comment = z.object({
  id: z.number(),
  body: text.nullish(),
  html_url: z.string(),
  created_at: z.string(),
  user: Person.nullish(),
  performed_via_github_app: z.object({ id: z.number() }).nullish(),
});

export const IssueCommentPayload = z.object({
  action: z.string(),
  repository: Repository,
  installation: Installation,
  sender: Person,
  issue: Issue,
  comment: Comment,
  textMayDiffer,
});

export const IssuesPayload = z.object({
  action: z.string(),
  repository: Repository,
  installation: Installation,
  sender: Person,
  issue: Issue,
  label: z.object({ name: text }).optional(),
  textMayDiffer,
});

export const ReviewCommentPayload = z.object({
  action: z.string(),
  repository: Repository,
  installation: Installation,
  sender: Person,
  pull_request: Issue.omit({ pull_request: true }),
  comment: Comment,
  textMayDiffer,
});

export const ReviewPayload = z.object({
  action: z.string(),
  repository: Repository,
  installation: Installation,
  sender: Person,
  pull_request: Issue.omit({ pull_request: true }),
  review: z.object({
    id: z.number(),
    body: text.nullish(),
    html_url: z.string(),
    submitted_at: z.string().nullish(),
    state: z.string().nullish(),
    user: Person.nullish(),
  }),
  textMayDiffer,
});

export const CheckRunPayload = z.object({
  action: z.string(),
  repository: Repository,
  installation: Installation,
  sender: Person,
  check_run: z.object({ id: z.number(), external_id: z.string().nullish(), completed_at: z.string().nullish() }),
  requested_action: z.object({ identifier: z.string().optional() }).optional(),
});

/** A review, for what it may start by itself. */
export const ReviewedPayload = ReviewPayload.extend({
  pull_request: z.object({ number: z.number(), head: z.object({ sha: z.string() }) }),
});

export const CheckSuitePayload = z.object({
  action: z.string(),
  repository: Repository,
  installation: Installation,
  check_suite: z.object({
    head_sha: z.string(),
    head_branch: z.string().nullish(),
    conclusion: z.string().nullish(),
    updated_at: z.string(),
    app: z.object({ id: z.number() }).nullish(),
    pull_requests: z
      .array(z.object({ number: z.number() }))
      .default([])
      .catch([]),
  }),
});

export const StatusPayload = z.object({
  repository: Repository,
  installation: Installation,
  sha: z.string(),
  state: z.string(),
  updated_at: z.string(),
  branches: z
    .array(z.object({ name: z.string() }))
    .default([])
    .catch([]),
});

export const InstallationPayload = z.object({
  action: z.string(),
  installation: Installation,
});

/** The repository of a delivery, whatever its event. */
export const RepositoryOfPayload = z.object({ repository: z.object({ id: z.number() }) });

export type RepositoryPayload = z.infer<typeof Repository>;
export type IssuePayload = z.infer<typeof Issue> | z.infer<typeof ReviewCommentPayload>['pull_request'];
