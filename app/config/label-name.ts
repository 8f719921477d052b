/** A label as GitHub compares it: names of labels are unique without regard to case. */
export function labelKey(name: string): string {
  return name.trim().normalize('NFC').toLowerCase();
}
