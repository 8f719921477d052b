import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitText, takeEnd, takeStart, wellFormedJson } from '../../protocol/index.ts';

const text = fc.string({ unit: 'binary', maxLength: 40 });
const anyUnits = fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units));

test('a cut of well-formed text is a part of it, and well-formed', () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 2, max: 50 }), (whole, length) => {
      expect(takeStart(whole, length).isWellFormed()).toBe(true);
      expect(whole.startsWith(takeStart(whole, length))).toBe(true);
      expect(whole.endsWith(takeEnd(whole, length))).toBe(true);
      expect(takeEnd(whole, length).isWellFormed()).toBe(true);
      expect(splitText(whole, length).join('')).toBe(whole);
      expect(splitText(whole, length).every((part) => part.isWellFormed() && part.length <= length)).toBe(true);
    }),
  );
});

test('JSON without half characters is the same, and half characters are replaced', () => {
  fc.assert(
    fc.property(fc.oneof(text, anyUnits), (value) => {
      expect(JSON.parse(wellFormedJson(JSON.stringify({ value, path: `C:\\ud83d${value}` })))).toEqual({
        value: value.toWellFormed(),
        path: `C:\\ud83d${value}`.toWellFormed(),
      });
    }),
  );
});
