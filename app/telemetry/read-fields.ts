import { takeStart } from '../../protocol/index.ts';

const MAX_DEPTH = 5;
const MAX_ITEMS = 50;
const MAX_TEXT_CHARS = 8_000;

/** Fields as plain JSON values without secrets: errors with their causes, nothing endless, nothing that cannot be written. */
export function readFields(
  fields: Readonly<Record<string, unknown>>,
  redact: (text: string) => string,
): Record<string, unknown> {
  const seen = new WeakSet<object>();

  function read(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
        return cut(redact(value));
      case 'bigint':
        return value.toString();
      case 'object':
        return value === null ? null : readObject(value, depth);
      case 'function':
      case 'symbol':
        return takeStart(value.toString(), 80);
      default:
        return value;
    }
  }

  function readObject(value: object, depth: number): unknown {
    if (value instanceof Date) {
      return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
    }
    if (ArrayBuffer.isView(value)) {
      return `${value.byteLength} bytes`;
    }
    if (depth >= MAX_DEPTH || seen.has(value)) {
      return '…';
    }
    seen.add(value);
    if (value instanceof Error) {
      return readError(value, depth);
    }
    if (Array.isArray(value)) {
      return value.slice(0, MAX_ITEMS).map((entry) => read(entry, depth + 1));
    }
    return readEntries(value, depth);
  }

  function readEntries(value: object, depth: number): Record<string, unknown> {
    const entries = Object.entries(value).slice(0, MAX_ITEMS);
    return Object.fromEntries(entries.map(([key, entry]) => [key, read(entry, depth + 1)]));
  }

  /** Libraries hang whole clients on their errors; only plain values say anything, such as a code or a status. */
  function readError(error: Error, depth: number): Record<string, unknown> {
    const plain = Object.entries(error).filter(
      ([, value]) => value !== null && typeof value !== 'object' && typeof value !== 'function',
    );
    return {
      ...readEntries(Object.fromEntries(plain), depth),
      name: error.name,
      message: cut(redact(error.message)),
      ...(error.stack && { stack: cut(redact(error.stack)) }),
      ...(error.cause !== undefined && { cause: read(error.cause, depth + 1) }),
    };
  }

  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, read(value, 0)]));
}

function cut(text: string): string {
  return text.length > MAX_TEXT_CHARS ? `${takeStart(text, MAX_TEXT_CHARS)}…` : text;
}
