import { expect, test } from 'vitest';
import { decideBody } from '../../../app/publish/pull/decide-body.ts';
import { isAsSealed, sealBody } from '../../../app/publish/pull/seal-body.ts';

const WARNING = '> [!WARNING]\n> This work is not finished: the budget is used up. What there is was kept.\n\n';
const partial = sealBody(`${WARNING}It adds.\n\nFor #3\n\n---\n\n<!-- marker -->\n`);
const whole = sealBody('It adds and subtracts.\n\nCloses #3\n\n---\n\n<!-- marker -->\n');

test('a description nobody touched is written anew', () => {
  expect(decideBody({ current: partial, wanted: whole, issueNumber: 3 })).toBe(whole);
});

test('the same words are not written again, whatever line ends GitHub gave them', () => {
  expect(decideBody({ current: whole.replaceAll('\n', '\r\n'), wanted: whole, issueNumber: 3 })).toBeNull();
});

test('in what a person edited only the warning and the reference are put right', () => {
  const edited = partial.replace('It adds.', 'It adds, and I checked it. For #3 see above.');
  expect(isAsSealed(edited)).toBe(false);
  const next = decideBody({ current: edited, wanted: whole, issueNumber: 3 });
  expect(next).toContain('It adds, and I checked it. For #3 see above.\n\nCloses #3\n');
  expect(next).not.toContain('WARNING');
});

test('another reason takes the place of the first, and the reference stays open', () => {
  const edited = partial.replace('It adds.', 'Mine.');
  const later = sealBody(partial.replace('the budget is used up', 'the agent used all its turns'));
  const next = decideBody({ current: edited, wanted: later, issueNumber: 3 });
  expect(next).toContain('the agent used all its turns');
  expect(next).toContain('Mine.\n\nFor #3\n');
});

test('a description of a person without our words is left alone', () => {
  expect(decideBody({ current: 'Mine alone.', wanted: whole, issueNumber: 3 })).toBeNull();
  expect(decideBody({ current: '', wanted: whole, issueNumber: 3 })).toBeNull();
});
