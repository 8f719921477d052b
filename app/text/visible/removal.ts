/** What was taken out of a text because a reader of the rendered page does not see it. */
export type RemovalKind =
  | 'comment'
  | 'hidden_element'
  | 'folded'
  | 'attribute'
  | 'image'
  | 'link_target'
  | 'definition'
  | 'footnote'
  | 'table_cell'
  | 'code_info'
  | 'drawing'
  | 'invisible_character'
  | 'control_character'
  | 'tangled';

export interface Removal {
  readonly kind: RemovalKind;
  /** How many pieces, not how many characters. */
  readonly count: number;
}

/** Counts removals over several passes. */
export class RemovalCount {
  readonly #counts = new Map<RemovalKind, number>();

  add(kind: RemovalKind, count = 1): void {
    if (count > 0) {
      this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + count);
    }
  }

  list(): Removal[] {
    return [...this.#counts].map(([kind, count]) => ({ kind, count })).sort((a, b) => (a.kind < b.kind ? -1 : 1));
  }
}
