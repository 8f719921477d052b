/** A protected branch: a push to a ref that matches is refused with the message. */
export interface PushRule {
  /** Full ref, `*` matches anything, e.g. `refs/heads/main` or `refs/heads/bosun/*`. */
  ref: string;
  /** Refs that match this one are free of the rule. */
  unless?: string;
  message: string;
  /** Logins that may push all the same. */
  except: string[];
}

/** A ruleset for branches, active at once. Its rules are listed and enforced. */
export interface Ruleset {
  id: number;
  name: string;
  /** Names of branches, `*` matches anything. */
  include: string;
  rules: BranchRule[];
  bypass: 'always' | 'never';
}

export type BranchRule =
  | { type: 'creation' }
  | { type: 'required_signatures' }
  | {
      type: 'branch_name_pattern';
      parameters: { operator: 'starts_with' | 'ends_with' | 'contains' | 'regex'; pattern: string; negate?: boolean };
    };

/** A rule that commits have to be signed: one of a ruleset, or the older protection of a branch. */
export interface SignatureRule {
  kind: 'ruleset' | 'protection';
  /** Full ref, `*` matches anything. */
  ref: string;
}
