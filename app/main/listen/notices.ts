/** What is wrong with this process beyond what rows tell: sentences for `/readyz`, by what they are about. */
export interface Notices {
  /** `stops`: nothing should be sent here; `notes`: it works, and somebody should look. Null takes it back. */
  set(about: string, notice: { readonly kind: 'stops' | 'notes'; readonly sentence: string } | null): void;
  read(): { readonly problem: string | null; readonly notes: readonly string[] };
}

export function createNotices(): Notices {
  const notices = new Map<string, { kind: 'stops' | 'notes'; sentence: string }>();
  return {
    set(about, notice) {
      if (notice === null) {
        notices.delete(about);
      } else {
        notices.set(about, notice);
      }
    },
    read() {
      const all = [...notices.values()];
      return {
        problem: all.find(({ kind }) => kind === 'stops')?.sentence ?? null,
        notes: all.filter(({ kind }) => kind === 'notes').map(({ sentence }) => sentence),
      };
    },
  };
}
