import type { EmitterWebhookEvent, EmitterWebhookEventName } from '@octokit/webhooks';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import {
  CheckRunPayload,
  InstallationPayload,
  IssueCommentPayload,
  IssuesPayload,
  ReviewCommentPayload,
  ReviewPayload,
} from '../../app/intake/payloads.ts';

/** An App's deliveries always name the installation; the published types leave that open. */
type PayloadOf<Name extends EmitterWebhookEventName> = EmitterWebhookEvent<Name>['payload'] & {
  readonly installation: { readonly id: number };
};

test('the published types of every event that is routed fit its schema, as the compiler checks', () => {
  function fits<Schema extends z.ZodType>(_schema: Schema, _payload: z.input<Schema> | null): void {}
  function of<Name extends EmitterWebhookEventName>(_name: Name): PayloadOf<Name> | null {
    return null;
  }
  fits(IssueCommentPayload, of('issue_comment.created'));
  fits(IssueCommentPayload, of('issue_comment.deleted'));
  fits(IssuesPayload, of('issues.labeled'));
  fits(IssuesPayload, of('issues.unlabeled'));
  fits(IssuesPayload, of('issues.closed'));
  fits(ReviewCommentPayload, of('pull_request_review_comment.created'));
  fits(ReviewPayload, of('pull_request_review.submitted'));
  fits(CheckRunPayload, of('check_run.requested_action'));
  fits(InstallationPayload, of('installation.deleted'));
  expect(of('issues.closed')).toBeNull();
});

interface Example {
  readonly name: string;
  readonly examples: readonly (object & { readonly action?: string; readonly installation?: unknown })[];
}
const EXAMPLES = createRequire(import.meta.url)('@octokit/webhooks-examples') as readonly Example[];
const SCHEMAS: readonly [string, z.ZodType][] = [
  ['issue_comment', IssueCommentPayload],
  ['issues', IssuesPayload],
  ['pull_request_review_comment', ReviewCommentPayload],
  ['pull_request_review', ReviewPayload],
  ['check_run', CheckRunPayload],
  ['installation', InstallationPayload],
];

test.each(SCHEMAS)("every example of '%s' that GitHub publishes is read", (event, schema) => {
  const examples = EXAMPLES.find(({ name }) => name === event)?.examples ?? [];
  expect(examples.length).toBeGreaterThan(0);
  for (const example of examples) {
    expect(schema.safeParse({ ...example, installation: example.installation ?? { id: 1 } }).error).toBeUndefined();
  }
});
