import { isHarmful } from '../../task/lessons/choose-lessons.ts';
import { LESSON_LIFE_MS, type Lesson } from '../../task/lessons/lesson.ts';
import type { LessonStore } from '../lessons.ts';

/** Without a database nothing is learnt for longer than this process lives. */
export function createMemoryLessons(): LessonStore {
  const lessons = new Map<string, Lesson>();
  const uses = new Map<string, { readonly keys: readonly string[]; credited: boolean }>();

  function keyOf(repositoryId: number, number: number): string {
    return `${repositoryId}/${number}`;
  }
  function of(repositoryId: number): Lesson[] {
    return [...lessons.values()].filter((lesson) => lesson.repositoryId === repositoryId);
  }
  function put(lesson: Lesson): Lesson {
    lessons.set(keyOf(lesson.repositoryId, lesson.number), lesson);
    return lesson;
  }
  function after(now: Date): Date {
    return new Date(now.getTime() + LESSON_LIFE_MS);
  }

  return {
    list: async (repositoryId) => of(repositoryId).filter(({ status }) => status !== 'retired'),
    add: async ({ draft, now, repositoryId, source, status }) => {
      const known = of(repositoryId).find(
        (lesson) => lesson.source.taskId === source.taskId && lesson.source.check === source.check,
      );
      const number = Math.max(0, ...of(repositoryId).map((lesson) => lesson.number)) + 1;
      const fresh = { repositoryId, number, ...draft, source, status, keptBy: null, helped: 0, harmed: 0 };
      return known ?? put({ ...fresh, expiresAt: after(now) });
    },
    rewrite: async ({ draft, now, number, repositoryId }) => {
      const lesson = lessons.get(keyOf(repositoryId, number));
      if (lesson === undefined || lesson.status === 'retired' || lesson.keptBy !== null) {
        return false;
      }
      put({ ...lesson, ...draft, expiresAt: after(now) });
      return true;
    },
    decide: async ({ by, keep, now, number, repositoryId }) => {
      const lesson = lessons.get(keyOf(repositoryId, number));
      if (lesson === undefined) {
        return null;
      }
      const decided = keep
        ? { status: 'active' as const, keptBy: by }
        : { status: 'retired' as const, keptBy: lesson.keptBy };
      return put({ ...lesson, ...decided, expiresAt: after(now) });
    },
    use: async ({ numbers, repositoryId, taskId }) => {
      const earlier = uses.get(taskId)?.keys ?? [];
      const keys = [...new Set([...earlier, ...numbers.map((number) => keyOf(repositoryId, number))])];
      uses.set(taskId, { keys, credited: uses.get(taskId)?.credited ?? false });
    },
    credit: async ({ helped, now, taskId }) => {
      const used = uses.get(taskId);
      if (used === undefined || used.credited) {
        return;
      }
      used.credited = true;
      for (const lesson of used.keys.flatMap((key) => lessons.get(key) ?? [])) {
        const counted = { ...lesson, helped: lesson.helped + Number(helped), harmed: lesson.harmed + Number(!helped) };
        put({
          ...counted,
          expiresAt: helped ? after(now) : lesson.expiresAt,
          status: !helped && isHarmful(counted) ? 'retired' : lesson.status,
        });
      }
    },
  };
}
