import { z } from 'zod';

/** The few fields that a sweep reads of what GitHub's API returned; the rest is passed on unread. */
export const RawRepository = z.looseObject({
  id: z.number(),
  name: z.string(),
  owner: z.looseObject({ login: z.string() }),
  default_branch: z.string().catch('main'),
  archived: z.boolean().catch(false),
  html_url: z.string().catch(''),
});
export type RawRepository = z.infer<typeof RawRepository>;

const Person = z.looseObject({ id: z.number(), login: z.string() });

export const RawThread = z.looseObject({
  number: z.number(),
  state: z.string(),
  updated_at: z.string(),
  user: Person.nullish(),
  labels: z.array(z.union([z.string(), z.looseObject({ name: z.string().catch('') })])).catch([]),
  pull_request: z.unknown().optional(),
});
export type RawThread = z.infer<typeof RawThread>;

export const RawComment = z.looseObject({
  id: z.number(),
  body: z.string().nullish(),
  user: Person,
  created_at: z.string(),
  updated_at: z.string(),
  /** Of a comment on a thread. */
  issue_url: z.string().optional(),
  /** Of a comment on a line of a pull request. */
  pull_request_url: z.string().optional(),
  performed_via_github_app: z.looseObject({ id: z.number() }).nullish(),
});
export type RawComment = z.infer<typeof RawComment>;

export const RawReview = z.looseObject({
  id: z.number(),
  body: z.string().nullish(),
  user: Person,
  /** Missing while the review is a draft of its author. */
  submitted_at: z.string(),
});
export type RawReview = z.infer<typeof RawReview>;

export const RawLabelEvent = z.looseObject({
  created_at: z.string(),
  actor: Person.nullish(),
  label: z.looseObject({ name: z.string() }),
});
