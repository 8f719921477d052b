import { signatureRulesFor } from '../../actions/branch-rules.ts';
import { canSee } from '../../auth/access.ts';
import { listRefs } from '../../git/refs.ts';
import { ok, type Exchange, type Reply } from '../../http/exchange.ts';
import { findRepository } from '../../state/find.ts';
import { refuse } from './refuse.ts';

/** What the protection of a branch that exists asks of those who push to it; rulesets are not among it. */
export async function showProtection(
  { caller, world }: Exchange,
  variables: Readonly<Record<string, unknown>>,
): Promise<Reply> {
  const [owner, name, ref] = [String(variables['owner']), String(variables['name']), String(variables['ref'])];
  const repository = findRepository(world, owner, name);
  if (repository === undefined || !canSee(caller, repository)) {
    return refuse('NOT_FOUND', `Could not resolve to a Repository with the name '${owner}/${name}'.`);
  }
  const isThere = (await listRefs(repository.dir)).has(ref);
  const isProtected = signatureRulesFor(repository, ref).some(({ kind }) => kind === 'protection');
  const refUpdateRule = isProtected ? { requiresSignatures: true } : null;
  return ok({ data: { repository: { ref: isThere ? { refUpdateRule } : null } } });
}
