/**
 * One text for each value: keys sorted by code unit, no blanks, strings in NFC. Two texts are equal exactly when the
 * values are, so that their hash can stand for what was approved. Throws for what JSON cannot say (undefined in a list,
 * functions, bigint, NaN, cycles); a property that is undefined is left out.
 */
export function canonicalJson(value: unknown): string {
  return write(value, []);
}

function write(value: unknown, above: readonly object[]): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.normalize('NFC'));
  }
  if (value === null || typeof value === 'boolean') {
    return String(value);
  }
  if (typeof value === 'number' && Number.isFinite(value)) {
    return JSON.stringify(value);
  }
  if (typeof value !== 'object') {
    throw new TypeError(`canonical JSON cannot represent a ${typeof value}`);
  }
  if (above.includes(value) || above.length > 100) {
    throw new TypeError('canonical JSON cannot represent a value that contains itself');
  }
  const inside = [...above, value];
  if (Array.isArray(value)) {
    return `[${value.map((item) => write(item, inside)).join(',')}]`;
  }
  if (value instanceof Date) {
    return JSON.stringify(value.toISOString());
  }
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key.normalize('NFC'))}:${write(item, inside)}`);
  return `{${entries.join(',')}}`;
}
