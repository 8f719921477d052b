import type { GitHub } from '../../app/github/github.ts';

/**
 * What reports say of a server that runs on, and what holds in a workflow run: it ends with its task, comments cannot
 * reach it, and what it kept lies among its files. A test holds each to the texts of the reports.
 */
export const REPLACEMENTS: readonly (readonly [RegExp, string])[] = [
  [/or stop it with `\/cancel`\./g, 'or cancel the run there to stop it.'],
  [/`\/cancel` stops it, `\/status` shows more\./g, 'cancel the workflow run to stop it.'],
  [
    /on the server, not pushed: `\/(?:retry|resume)` continues from there, and `bosun show [0-9A-Z]+ --patch` on the server prints the patch\./g,
    'as a patch among the files of the workflow run, not pushed.',
  ],
  [/the patch is on the server:/g, 'the patch is among the files of the workflow run:'],
  [/look at the patch on the server, then/g, 'look at the patch among the files of the workflow run, then'],
  [/then comment `\/retry` to continue from there\./g, 'then comment `/retry` to start again.'],
  [/becomes a draft and the task pauses\./g, 'becomes a draft and the task ends.'],
  [/Bosun retries automatically for 24 hours\./g, 'Bosun retries automatically for 20 minutes.'],
];

/** A report in the words of a workflow run. */
export function adaptReport(markdown: string): string {
  return REPLACEMENTS.reduce((text, [there, here]) => text.replaceAll(there, here), markdown);
}

/** GitHub, told in the words of a workflow run; and without buttons, because clicks never reach one. */
export function adaptReports(github: GitHub): GitHub {
  return {
    ...github,
    createComment: (repository, on) => github.createComment(repository, { ...on, body: adaptReport(on.body) }),
    updateComment: (repository, comment) =>
      github.updateComment(repository, { ...comment, body: adaptReport(comment.body) }),
    createCheckRun: (repository, { actions: _actions, ...check }) =>
      github.createCheckRun(repository, { ...check, summary: adaptReport(check.summary) }),
    updateCheckRun: (repository, { actions: _actions, ...check }) =>
      github.updateCheckRun(repository, { ...check, summary: adaptReport(check.summary) }),
  };
}
