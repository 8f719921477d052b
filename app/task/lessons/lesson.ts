/** What kinds of things are learnt. */
export const LESSON_KINDS = ['constraint', 'decision', 'discovery', 'gotcha', 'reference', 'architecture'] as const;
export type LessonKind = (typeof LESSON_KINDS)[number];

export const MAX_LESSON_CHARS = 240;
/** A lesson that nothing confirmed for so long is used no more. */
export const LESSON_LIFE_MS = 90 * 86_400_000;

/** One thing that an outcome taught about a repository. */
export interface Lesson {
  readonly repositoryId: number;
  /** Unique in its repository; people write `L12`. */
  readonly number: number;
  readonly kind: LessonKind;
  /** At most 240 characters; written by a model from what was observed, so it is untrusted text. */
  readonly text: string;
  /** The paths it is about; empty is all of them. */
  readonly globs: readonly string[];
  /** Which outcome it comes from. */
  readonly source: { readonly kind: 'check_fixed'; readonly taskId: string; readonly check: string };
  /** `proposed` waits for a person, `active` may be used, `retired` is over. */
  readonly status: 'proposed' | 'active' | 'retired';
  /** Login of the person who kept it. */
  readonly keptBy: string | null;
  readonly helped: number;
  readonly harmed: number;
  readonly expiresAt: Date;
}

/** What a model made of an outcome, before it is stored. */
export type LessonDraft = Pick<Lesson, 'kind' | 'text' | 'globs'>;
