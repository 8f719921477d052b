import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration } from '../src/format.js';

test('leaves out parts that are zero', () => {
  assert.equal(formatDuration(5_400_000), '1h 30m');
  assert.equal(formatDuration(86_400_000), '1d');
});

test('says 0s for nothing', () => {
  assert.equal(formatDuration(0), '0s');
  assert.equal(formatDuration(499), '0s');
});

test('never says 60s', () => {
  assert.equal(formatDuration(59_600), '1m');
  assert.equal(formatDuration(119_600), '2m');
  assert.equal(formatDuration(3_599_500), '1h');
});
