import { expect, test } from 'vitest';
import { readExposedWorkflow } from '../../../app/cli/doctor/checks/exposed-workflows.ts';

const USES = 'jobs: {a: {steps: [{run: x, env: {KEY: "${{ secrets.DEPLOY_KEY }}"}}]}}';

test.each<[string, string, readonly string[] | null]>([
  ['on every push', `on: push\n${USES}`, ['push']],
  ['on pushes and pull requests', `on: [push, pull_request]\n${USES}`, ['push', 'pull_request']],
  ['on pull requests of the target', `on: {pull_request_target: }\n${USES}`, ['pull_request_target']],
  ['on pushes to main', `on: {push: {branches: [main]}}\n${USES}`, null],
  ['on pushes to any branch of one part', `on: {push: {branches: ["*"]}}\n${USES}`, null],
  ['on pushes to any branch', `on: {push: {branches: ["**"]}}\n${USES}`, ['push']],
  ['on pushes to ours', `on: {push: {branches: ["bosun/**"]}}\n${USES}`, ['push']],
  ['but not to ours', `on: {push: {branches: ["**", "!bosun/**"]}}\n${USES}`, null],
  ['on pushes, ours ignored', `on: {push: {branches-ignore: ["bosun/**"]}}\n${USES}`, null],
  ['on tags', `on: {push: {tags: ["v*"]}}\n${USES}`, null],
  ['by hand', `on: workflow_dispatch\n${USES}`, null],
  ['without secrets', 'on: push\njobs: {a: {steps: [{run: x}]}}', null],
  ['with its own token', 'on: push\nenv: {T: "${{ secrets.GITHUB_TOKEN }}"}', null],
  ['with all secrets', 'on: push\njobs:\n  a:\n    uses: ./x.yml\n    secrets: inherit\n', ['push']],
  ['that is no YAML', 'on: [push\n\t:', null],
])('a workflow %s', (_, source, on) => {
  expect(readExposedWorkflow(source)?.on ?? null).toEqual(on);
});
