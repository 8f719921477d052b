/** A rule of a ruleset as GitHub lists it for a branch. */
export interface BranchRule {
  readonly type: string;
  readonly ruleset_id?: number;
  readonly parameters?: {
    readonly operator?: string;
    readonly pattern?: string;
    readonly negate?: boolean;
  };
}

/**
 * The rules by which GitHub will certainly refuse a new branch of this name, and why. Rules about contents, signatures,
 * reviews and checks depend on what is pushed and are left to the push.
 */
export function describeViolations(
  rules: readonly BranchRule[],
  branch: string,
): { readonly rulesetId: number; readonly reason: string }[] {
  return rules.flatMap((rule) => {
    const reason = describeViolation(rule, branch);
    return reason === null || rule.ruleset_id === undefined ? [] : [{ rulesetId: rule.ruleset_id, reason }];
  });
}

function describeViolation({ type, parameters = {} }: BranchRule, branch: string): string | null {
  switch (type) {
    case 'creation':
      return `does not let the App create \`${branch}\``;
    case 'branch_name_pattern': {
      const { negate = false, operator = '', pattern = '' } = parameters;
      const matches = matchesPattern(branch, { operator, pattern });
      if (matches === null || matches !== negate) {
        return null;
      }
      const how = OPERATORS[operator] ?? operator;
      return `requires names that ${negate ? 'do not ' : ''}${how} \`${pattern.replaceAll('`', '')}\`, unlike \`${branch}\``;
    }
    default:
      return null;
  }
}

const OPERATORS: Readonly<Record<string, string>> = {
  starts_with: 'start with',
  ends_with: 'end with',
  contains: 'contain',
  regex: 'match',
};

/** Null when it cannot be known here: GitHub's expressions are those of RE2. */
function matchesPattern(branch: string, { operator, pattern }: { operator: string; pattern: string }): boolean | null {
  switch (operator) {
    case 'starts_with':
      return branch.startsWith(pattern);
    case 'ends_with':
      return branch.endsWith(pattern);
    case 'contains':
      return branch.includes(pattern);
    case 'regex':
      return matchesExpression(branch, pattern);
    default:
      return null;
  }
}

function matchesExpression(branch: string, pattern: string): boolean | null {
  try {
    // Anchors that RE2 and Ruby have and JavaScript has not.
    return new RegExp(pattern.replaceAll('\\A', '^').replaceAll(/\\[zZ]/g, '$'), 'u').test(branch);
  } catch {
    return null;
  }
}
