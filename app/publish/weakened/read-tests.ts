import { languageOf, type Language } from './changed-file.ts';

/** What a file with tests holds. */
export interface TestsOfFile {
  readonly tests: readonly string[];
  /** Lines that keep tests from running, or from failing: as they stand, without what they are indented by. */
  readonly skips: readonly string[];
  readonly assertions: number;
}

interface Patterns {
  /** The first group is the name, where there is one. */
  readonly test: RegExp;
  readonly skip: RegExp;
  readonly assertion: RegExp;
  readonly comment: RegExp;
}

const SLASH_COMMENT = /^\s*(?:\/\/|\/?\*)/;
const HASH_COMMENT = /^\s*#/;
const JS_SUITES = 'describe|context|suite|it|test|specify|bench|Deno\\.test';

const PATTERNS: Readonly<Record<Language, Patterns>> = {
  js: {
    // `test.each(rows)('name', …)` and tagged tables have their name further on.
    test: /(?:^|[^\w.$])(?:it|test|specify|Deno\.test|[xf](?:it|test|specify))(?:\.(?!todo\b|each\b|describe\b|use\b|step\b|extend\b|beforeEach\b|afterEach\b|beforeAll\b|afterAll\b)\w+)*(?:\.each\b|\s*\(\s*(?:(['"`])(.{0,200}?)\1)?)/g,
    skip: new RegExp(
      `(?:^|[^\\w.$])(?:(?:${JS_SUITES})(?:\\.\\w+)*\\.(?:skip|skipIf|runIf|only|fixme|failing|fails|fail)\\b|[xf](?:it|describe|context|test|specify)\\s*\\()|\\b(?:this|t|ctx|context)\\.(?:skip|todo)\\(|\\b(?:skip|only|todo)\\s*:\\s*(?:true\\b|!|['"])|^\\s*pending\\(`,
      'g',
    ),
    assertion: /\b(?:expect|assert|should|strictEqual|deepEqual|throws|rejects)\b\s*[.(]/g,
    comment: SLASH_COMMENT,
  },
  python: {
    test: /^\s*(?:async\s+)?def\s+(test\w*)\s*\(/g,
    skip: /\bmark\.(?:skip|skipif|xfail)\b|\bpytest\.(?:skip|xfail|importorskip|exit)\s*\(|@(?:unittest\.)?(?:skip|skipIf|skipUnless|expectedFailure)\b|\bself\.skipTest\s*\(|\braise\s+(?:unittest\.)?SkipTest\b|\bcollect_ignore(?:_glob)?\b|\b__test__\s*=\s*False\b/g,
    assertion: /^\s*assert\b|\bself\.(?:assert|fail)\w*\s*\(|\bpytest\.raises\b/g,
    comment: HASH_COMMENT,
  },
  go: {
    test: /^func\s+(?:\([^)]*\)\s*)?((?:Test|Fuzz|Example)\w*)\s*\(|\b\w+\.Run\(\s*"([^"]{0,200})"/g,
    skip: /\b\w+\.Skip(?:f|Now)?\(|\btesting\.Short\(\)|^\/\/\s*\+build\s+ignore|^\/\/go:build\s+ignore/g,
    assertion: /\b\w+\.(?:Error|Fatal|Fail)(?:f|Now)?\(|\b(?:assert|require)\.\w+\(/g,
    comment: /^\s*\/\/(?!go:build|\s*\+build)/,
  },
  rust: {
    test: /#\[(?:\w+::)*(?:test|rstest|test_case|proptest|quickcheck)\b/g,
    skip: /#\[ignore\b|#\[cfg_attr\([^\]]*\bignore\b|#!?\[cfg\((?:any|FALSE|not\(test\))/g,
    assertion: /\b(?:debug_)?assert(?:_\w+)?!|\bpanic!|\bshould_panic\b|\bprop_assert\w*!/g,
    comment: SLASH_COMMENT,
  },
  jvm: {
    test: /@(?:Test|ParameterizedTest|RepeatedTest|TestFactory|TestTemplate|Property)\b|^\s*(?:test|it|should|expect)\s*\(\s*"([^"]{0,200})"|\bdef\s+"([^"]{0,200})"/g,
    skip: /@(?:Disabled|Ignore|DisabledIf|DisabledOnOs|EnabledIf|DisabledIfEnvironmentVariable|EnabledIfEnvironmentVariable|IgnoreRest|PendingFeature)\b|\b(?:Assumptions?|Assume)\.\w+\(|\bassumeTrue\(|\bassumeFalse\(|\benabled\s*=\s*false\b/g,
    assertion: /\bassert\w*\s*[({]|\bverify\s*\(|\bshould\w+\b|\bfail\s*\(/g,
    comment: SLASH_COMMENT,
  },
  ruby: {
    test: /^\s*(?:x|f)?(?:it|specify|test|scenario|example)\s*(?:\(\s*)?['"](.{0,200}?)['"]|^\s*def\s+(test_\w+)/g,
    skip: /^\s*x(?:it|describe|context|specify|feature|scenario|example)\b|^\s*f(?:it|describe|context|specify|feature|scenario)\b|^\s*(?:skip|pending)\b(?!\s*=)|\b(?:skip|pending|focus)\s*:\s*(?!false\b|nil\b)|:(?:skip|pending|focus)\s*(?:=>|,|do\b|\))/g,
    assertion: /\bexpect\b|\bassert\w*\b|\brefute\w*\b|\bmust_\w+|\bshould\b/g,
    comment: HASH_COMMENT,
  },
  php: {
    test: /\bfunction\s+(test\w+)\s*\(|@test\b|#\[(?:\w+\\)*Test\b|^\s*(?:it|test)\s*\(\s*['"](.{0,200}?)['"]/g,
    skip: /\bmarkTest(?:Skipped|Incomplete)\s*\(|->(?:skip|todo|only)\s*\(|#\[(?:\w+\\)*(?:Requires\w*|DoesNotPerformAssertions)\b|@doesNotPerformAssertions\b/g,
    assertion: /(?:->|::)(?:assert\w*|expectException\w*)\s*\(|\bexpect\s*\(/g,
    comment: /^\s*(?:\/\/|#(?!\[)|\*(?!\s*@))/,
  },
  csharp: {
    test: /\[(?:\w+\.)*(?:Fact|Theory|Test|TestCase|TestMethod|DataTestMethod)\b/g,
    skip: /\bSkip\s*=\s*(?!null\b)|\[(?:\w+\.)*(?:Ignore|Explicit)\b|\bAssert\.(?:Ignore|Inconclusive)\s*\(|\bSkip\.(?:If|IfNot)\s*\(/g,
    assertion: /\bAssert\.|\.Should\w*\s*\(|\bVerify\w*\s*\(/g,
    comment: SLASH_COMMENT,
  },
};

/** A line that is longer is data, not a test. */
const MOST_LINE = 1_000;

/** Tests, skips and assertions of a file by the look of its lines; lines of comments count for nothing. */
export function readTests(path: string, text: string): TestsOfFile {
  const language = languageOf(path);
  if (language === null) {
    return { tests: [], skips: [], assertions: 0 };
  }
  const { assertion, comment, skip, test } = PATTERNS[language];
  const tests: string[] = [];
  const skips: string[] = [];
  let assertions = 0;
  for (const line of text.split('\n')) {
    if (line.length > MOST_LINE || comment.test(line)) {
      continue;
    }
    for (const found of line.matchAll(test)) {
      tests.push(found.slice(1).findLast((group) => group !== undefined && group.length > 1) ?? '');
    }
    for (const _ of line.matchAll(skip)) {
      skips.push(line.trim());
    }
    assertions += [...line.matchAll(assertion)].length;
  }
  return { tests, skips, assertions };
}
