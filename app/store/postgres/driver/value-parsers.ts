import { DatabaseError } from '../../database.ts';

type ParseText = (text: string) => unknown;

/** The part of the driver's type registry that is read here. */
export interface TypeRegistry {
  getTypeParser(oid: number, format: 'text'): ParseText;
  getTypeParser(oid: number, format: 'binary'): unknown;
}

const INT8 = 20;
const INT8_ARRAY = 1016;
const NUMERIC = 1700;
const TEXT_ARRAY = 1009;

/**
 * The driver's own parsers with three changes: `bigint`, arrays of it, and `numeric` (what `sum` of a bigint gives)
 * arrive as JS numbers. An integer that a JS number cannot hold is an error, never a rounded value.
 */
export function parsersOf(registry: TypeRegistry): { getTypeParser(oid: number, format?: 'text' | 'binary'): unknown } {
  const parseTextArray = registry.getTypeParser(TEXT_ARRAY, 'text');
  function parseIntegerArray(text: string): (number | null)[] {
    const items = parseTextArray(text) as (string | null)[];
    return items.map((item) => (item === null ? null : toSafeNumber(item)));
  }
  const own = new Map<number, ParseText>([
    [INT8, toSafeNumber],
    [NUMERIC, toSafeNumber],
    [INT8_ARRAY, parseIntegerArray],
  ]);
  return {
    getTypeParser: (oid, format = 'text') => {
      if (format === 'binary') {
        return registry.getTypeParser(oid, format);
      }
      return own.get(oid) ?? registry.getTypeParser(oid, format);
    },
  };
}

function toSafeNumber(text: string): number {
  const value = Number(text);
  const whole = /^-?\d+$/.test(text);
  if (whole && !Number.isSafeInteger(value)) {
    throw new DatabaseError(`The integer ${text} is too large for a JS number; select it as text.`, {
      code: '22003',
      unavailable: false,
      constraint: null,
      cause: undefined,
    });
  }
  return value;
}
