import { parseAllDocuments } from 'yaml';
import { readDeploy } from '../../deploy/read-deploy.ts';
import type { Stored } from './object-store.ts';

/** A rule of a Role. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** What is shipped for the namespace of workers. */
export function shippedManifests(): Stored[] {
  return parseAllDocuments(readDeploy('kubernetes-jobs/worker-namespace.yaml')).map((one) => one.toJS() as Stored);
}

/** What the Role that is shipped lets Bosun do. */
export function shippedRules(): Rule[] {
  const role = shippedManifests().find(({ kind }) => kind === 'Role');
  return (role as unknown as { rules: Rule[] }).rules;
}

export function mayDo(rules: readonly Rule[], action: { verb: string; group: string; resource: string }): boolean {
  return rules.some(
    ({ apiGroups, resources, verbs }) =>
      apiGroups.includes(action.group) && resources.includes(action.resource) && verbs.includes(action.verb),
  );
}
