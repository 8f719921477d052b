import type { ApprovedText } from '../../task/task.ts';

/**
 * JSON that every store can keep: PostgreSQL refuses U+0000 and lone surrogates in `jsonb`, and text from workers and
 * issues may hold both. They become U+FFFD.
 */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => (typeof item === 'string' ? cleanText(item) : item));
}

export function cleanText(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed();
}

/** A copy as it would come back from the database. Dates become strings. */
export function copyJson<T>(value: T): T {
  return JSON.parse(toJson(value)) as T;
}

export function copyApproved(text: ApprovedText): ApprovedText {
  return { ...copyJson(text), at: text.at };
}
