import type { Lesson } from '../../task/lessons/lesson.ts';
import { LESSON_LIFE_MS } from '../../task/lessons/lesson.ts';
import type { Database } from '../database.ts';
import type { LessonStore } from '../lessons.ts';
import { cleanText, toJson } from '../rules/to-json.ts';

export function createLessonStore(database: Database): LessonStore {
  return {
    list: async (repositoryId) => {
      const rows = await database.query<LessonRow>({
        name: 'lesson-list',
        text: `select * from lesson where repository_id = $1 and status <> 'retired' order by number limit 500`,
        values: [repositoryId],
      });
      return rows.map(toLesson);
    },
    add: ({ draft, now, repositoryId, source, status }) =>
      database.transaction(async (tx) => {
        // One at a time for each repository, so that two never get the same number
        await tx.query({
          name: 'lesson-lock',
          text: `select pg_advisory_xact_lock(70, $1::int)`,
          values: [repositoryId % 2 ** 31],
        });
        const [row] = await tx.query<LessonRow>({
          name: 'lesson-add',
          text: ADD,
          values: [
            repositoryId,
            draft.kind,
            cleanText(draft.text),
            toJson(draft.globs),
            toJson(source),
            status,
            new Date(now.getTime() + LESSON_LIFE_MS),
          ],
        });
        if (row === undefined) {
          throw new Error('a lesson was neither added nor found');
        }
        return toLesson(row);
      }),
    rewrite: async ({ draft, now, number, repositoryId }) => {
      const rows = await database.query({
        name: 'lesson-rewrite',
        text: `update lesson set kind = $3, text = $4, globs = $5, expires_at = $6
          where repository_id = $1 and number = $2 and status <> 'retired' and kept_by is null returning number`,
        values: [
          repositoryId,
          number,
          draft.kind,
          cleanText(draft.text),
          toJson(draft.globs),
          new Date(now.getTime() + LESSON_LIFE_MS),
        ],
      });
      return rows.length > 0;
    },
    decide: async ({ by, keep, now, number, repositoryId }) => {
      const [row] = await database.query<LessonRow>({
        name: 'lesson-decide',
        text: `update lesson set status = $3, kept_by = case when $3 = 'active' then $4 else kept_by end, expires_at = $5
          where repository_id = $1 and number = $2 returning *`,
        values: [repositoryId, number, keep ? 'active' : 'retired', by, new Date(now.getTime() + LESSON_LIFE_MS)],
      });
      return row === undefined ? null : toLesson(row);
    },
    use: async ({ numbers, repositoryId, taskId }) => {
      await database.query({
        name: 'lesson-use',
        text: `insert into lesson_use (task_id, repository_id, number) select $1, $2, unnest($3::int[]) on conflict do nothing`,
        values: [taskId, repositoryId, [...numbers]],
      });
    },
    credit: async ({ helped, now, taskId }) => {
      await database.query({
        name: 'lesson-credit',
        text: CREDIT,
        values: [taskId, helped, new Date(now.getTime() + LESSON_LIFE_MS)],
      });
    },
  };
}

const ADD = `
with known as (
  select * from lesson
  where repository_id = $1 and source ->> 'taskId' = $5::jsonb ->> 'taskId' and source ->> 'check' = $5::jsonb ->> 'check'
),
added as (
  insert into lesson (repository_id, number, kind, text, globs, source, status, expires_at)
  select $1, coalesce((select max(number) from lesson where repository_id = $1), 0) + 1, $2, $3, $4, $5, $6, $7
  where not exists (select from known)
  returning *
)
select * from added union all select * from known`;

// The rule of `isHarmful`, on the counts as they become.
const CREDIT = `
with used as (
  update lesson_use set credited = true where task_id = $1 and not credited returning repository_id, number
)
update lesson l set
  helped = l.helped + $2::boolean::int,
  harmed = l.harmed + (not $2::boolean)::int,
  expires_at = case when $2 then greatest(l.expires_at, $3) else l.expires_at end,
  status = case
    when not $2 and l.harmed + 1 >= 3 and l.harmed + 1 > l.helped then 'retired'
    else l.status
  end
from used where l.repository_id = used.repository_id and l.number = used.number`;

interface LessonRow {
  readonly repository_id: number;
  readonly number: number;
  readonly kind: Lesson['kind'];
  readonly text: string;
  readonly globs: readonly string[];
  readonly source: Lesson['source'];
  readonly status: Lesson['status'];
  readonly kept_by: string | null;
  readonly helped: number;
  readonly harmed: number;
  readonly expires_at: Date;
}

function toLesson(row: LessonRow): Lesson {
  const { globs, harmed, helped, kind, number, source, status, text } = row;
  return {
    repositoryId: row.repository_id,
    number,
    kind,
    text,
    globs,
    source,
    status,
    keptBy: row.kept_by,
    helped,
    harmed,
    expiresAt: row.expires_at,
  };
}
