import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration } from '../src/parse.js';

test('adds up the parts', () => {
  assert.equal(parseDuration('1h 30m'), 5_400_000);
  assert.equal(parseDuration('2d4h'), 187_200_000);
});

test('takes fractions', () => {
  assert.equal(parseDuration('1.5s'), 1_500);
});

test('refuses what is not a duration', () => {
  for (const text of ['', 'soon', '10 apples', '5']) {
    assert.throws(() => parseDuration(text), RangeError);
  }
});
