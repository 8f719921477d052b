import type { Lesson } from '../../task/lessons/lesson.ts';
import { accepted, refused, type AdmissionOptions, type Answer, type CommandRequest } from '../context.ts';

const SHOWN = 30;
const USAGE = 'Write `/lesson keep L12` or `/lesson drop L12`; `/lesson` alone lists them.';

/** `/lesson`: lists what was learnt about this repository; a person keeps a lesson or drops it. */
export async function curateLessons(order: CommandRequest, options: AdmissionOptions): Promise<Answer> {
  const { repository, sender } = order.incoming;
  const said = order.command.kind === 'command' ? order.command.text.trim() : '';
  if (said === '') {
    return accepted('lessons listed', renderLessons(await options.stores.lessons.list(repository.id)));
  }
  const [, verb, digits] = /^(keep|drop)\s+L?(\d{1,6})$/i.exec(said) ?? [];
  if (verb === undefined || digits === undefined) {
    return refused('not understood', USAGE);
  }
  if (sender.isBot) {
    return refused('a bot', 'Only a person can keep or drop a lesson, because somebody has to look at it.');
  }
  const keep = verb.toLowerCase() === 'keep';
  const number = Number(digits);
  const { lessons } = options.stores;
  const lesson = await lessons.decide({ repositoryId: repository.id, number, keep, by: sender.login, now: order.now });
  if (lesson === null) {
    return refused(
      'no such lesson',
      `There is no lesson L${number} in this repository. Comment \`/lesson\` to see them.`,
    );
  }
  return accepted(
    `lesson L${number} ${keep ? 'kept' : 'dropped'}`,
    keep
      ? `Lesson L${number} is kept, and tasks that touch its paths read it from now on: ${quote(lesson.text)}`
      : `Lesson L${number} is dropped and read by no task any more.`,
  );
}

function renderLessons(lessons: readonly Lesson[]): string {
  if (lessons.length === 0) {
    return 'Nothing has been learnt about this repository yet. A lesson is proposed when a check that failed on the work of a task passes after a fix.';
  }
  const isRead = lessons.some(({ keptBy }) => keptBy !== null);
  const rows = lessons
    .slice(-SHOWN)
    .map(
      ({ harmed, helped, kind, number, status, text }) =>
        `| L${number} | ${status} | ${kind} | ${quote(text)} | ${helped} / ${harmed} |`,
    );
  return [
    '| Lesson | Status | Kind | Text | Helped / harmed |',
    '|---|---|---|---|--:|',
    ...rows,
    '',
    `${isRead ? 'Active lessons are read by tasks that touch their paths.' : 'No task reads lessons before a person has kept one.'} ${USAGE}`,
  ].join('\n');
}

/** As code: what a model wrote mentions nobody, links nowhere and breaks no table. */
function quote(text: string): string {
  return `\`${text
    .replaceAll(/[`|\p{Cc}\p{Cf}]/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()}\``;
}
