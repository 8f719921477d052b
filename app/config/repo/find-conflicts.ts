/** A key whose value cannot stand beside that of another one. */
export interface Conflict {
  readonly key: string;
  readonly message: string;
  readonly allowed: string;
}

const SHORT_FORMS = [
  ['setup', 'steps.before'],
  ['verify', 'steps.after'],
] as const;

/** Values that are right on their own and wrong together. */
export function findConflicts(found: ReadonlyMap<string, unknown>): Conflict[] {
  const conflicts: Conflict[] = [];
  const model = found.get('model');
  const models = found.get('models');
  if (typeof model === 'string' && Array.isArray(models) && !models.includes(model)) {
    const allowed = models.map((name) => `\`${String(name)}\``).join(', ');
    conflicts.push({ key: 'model', message: 'not in the list `models`', allowed });
  }
  for (const [short, long] of SHORT_FORMS) {
    if (found.has(long) && found.has(short) && found.get(short) !== 'auto') {
      const message = `\`${short}\` is the short form of one step of \`${long}\`; write one of the two`;
      conflicts.push({ key: short, message, allowed: '`auto`, or to leave it out' });
    }
  }
  return conflicts;
}
