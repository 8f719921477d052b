import { describe, expect, test } from 'vitest';
import { chooseHelperModels } from '../../../app/task/tiers/choose-helper.ts';
import { decideRoute, ROUTING, type RouteFacts } from '../../../app/task/tiers/decide-route.ts';
import type { TierModel, TierTable } from '../../../app/task/tiers/model-tiers.ts';
import { planRaises } from '../../../app/task/tiers/plan-raises.ts';
import { routeOf } from '../../../app/task/tiers/route.ts';

function at(model: string, provider: string | null = null): TierModel {
  return { model, provider };
}

const TIERS: TierTable = {
  local: [at('qwen', 'local')],
  small: [at('haiku'), at('mini', 'acme')],
  medium: [at('sonnet'), at('sonnet-older')],
  large: [at('opus'), at('giant', 'acme')],
};
const SILENT = { model: null, models: null, tier: null };

function decide(facts: Partial<RouteFacts>) {
  return decideRoute({ type: 'implement', asked: {}, repository: SILENT, tiers: TIERS, ...facts });
}

describe('the route of a task', () => {
  test.each<[string, Partial<RouteFacts>, { model: string; tier: string | null }]>([
    ['is medium for an implementation of no said size', {}, { model: 'sonnet', tier: 'medium' }],
    ['follows the size', { asked: { size: 'L' } }, { model: 'opus', tier: 'large' }],
    ['follows the type', { type: 'review' }, { model: 'opus', tier: 'large' }],
    ['is the tier that was asked for', { asked: { tier: 'local' } }, { model: 'qwen', tier: 'local' }],
    ['a tier goes before a size', { asked: { tier: 'small', size: 'L' } }, { model: 'haiku', tier: 'small' }],
    ['an explicit model wins', { asked: { model: 'opus', tier: 'small' } }, { model: 'opus', tier: null }],
    [
      'the command goes before the model of the file',
      { asked: { size: 'S' }, repository: { ...SILENT, model: 'opus' } },
      { model: 'haiku', tier: 'small' },
    ],
    ['is the model of the file', { repository: { ...SILENT, model: 'x' } }, { model: 'x', tier: null }],
    ['is the tier of the file', { repository: { ...SILENT, tier: 'large' } }, { model: 'opus', tier: 'large' }],
    [
      'is narrowed to the models of the file',
      { asked: { size: 'M' }, repository: { ...SILENT, models: ['opus', 'sonnet-older'] } },
      { model: 'sonnet-older', tier: 'medium' },
    ],
    [
      'is the first of the models of the file, in its tier',
      { repository: { ...SILENT, models: ['opus', 'sonnet'] } },
      { model: 'opus', tier: 'large' },
    ],
    [
      'is the first model of the file where no tier has one of them',
      { repository: { ...SILENT, models: ['other'] } },
      { model: 'other', tier: null },
    ],
    [
      'goes to the next larger tier where the table names an empty one',
      { tiers: { ...TIERS, medium: [] } },
      { model: 'opus', tier: 'large' },
    ],
  ])('%s', (_name, facts, expected) => {
    expect(decide(facts)).toMatchObject({ ok: true, route: expected });
  });

  test('has the other models of its tier to fall back to', () => {
    expect(decide({})).toMatchObject({ route: { fallbacks: [at('sonnet-older')] } });
  });

  test('a tier that was asked for is not replaced by another', () => {
    const asked = { tier: 'local' } as const;
    expect(decide({ asked, tiers: { ...TIERS, local: [] } })).toEqual({ ok: false, tier: 'local', why: 'empty' });
    expect(decide({ asked, repository: { ...SILENT, models: ['opus'] } })).toEqual({
      ok: false,
      tier: 'local',
      why: 'not_allowed',
    });
  });

  test('the table has a tier for every type and size', () => {
    for (const row of Object.values(ROUTING)) {
      expect(Object.keys(row)).toEqual(['S', 'M', 'L']);
    }
  });
});

describe('a route whose work has gaps', () => {
  const medium = { ...at('sonnet'), tier: 'medium', effort: null, fallbacks: [] } as const;

  test('rises in effort first, then one tier, once', () => {
    expect(planRaises(medium, TIERS)).toEqual([
      { ...medium, effort: 'high' },
      { ...at('opus'), tier: 'large', effort: null, fallbacks: [at('giant', 'acme')] },
    ]);
  });

  test.each([
    ['a model that was named keeps its name', { ...medium, tier: null }, ['sonnet']],
    ['a local model has no effort to raise', { ...medium, ...at('qwen', 'local'), tier: 'local' as const }, ['haiku']],
    ['the largest tier rises in effort alone', { ...medium, ...at('opus'), tier: 'large' as const }, ['opus']],
    ['a model without the setting skips it', { ...medium, ...at('claude-haiku-4-5') }, ['opus']],
  ])('%s', (_name, route, models) => {
    expect(planRaises(route, TIERS).map(({ model }) => model)).toEqual(models);
  });

  test('is computed from the row, and stays where it ends', () => {
    const settings = { model: 'sonnet', tier: 'medium' as const, raises: planRaises(medium, TIERS) };
    const routes = [null, { fixes: 0 }, { fixes: 1 }, { fixes: 2 }, { fixes: 3 }].map((verdict) =>
      routeOf({ settings, verdict }),
    );
    expect(routes.map(({ model, effort }) => `${model} ${effort}`)).toEqual([
      'sonnet null',
      'sonnet null',
      'sonnet high',
      'opus null',
      'opus null',
    ]);
  });

  test('of a task of an older version is its model', () => {
    expect(routeOf({ settings: { model: 'm' }, verdict: { fixes: 2 } })).toEqual({
      ...at('m'),
      tier: null,
      effort: null,
      fallbacks: [],
    });
  });
});

describe('the model of a judge', () => {
  test.each([
    ['is a tier above the author', at('sonnet'), ['opus', 'giant']],
    ['is large for a small author only where medium is empty', at('haiku'), ['sonnet', 'sonnet-older']],
    ['is medium for a local author', at('qwen', 'local'), ['sonnet', 'sonnet-older']],
    ['is of another provider above the largest tier', at('opus'), ['giant']],
  ])('%s', (_name, author, models) => {
    expect(chooseHelperModels('judge', author, TIERS).map(({ model }) => model)).toEqual(models);
  });

  test('is nobody where the author is alone at the top', () => {
    expect(chooseHelperModels('judge', at('opus'), { ...TIERS, large: [at('opus')] })).toEqual([]);
  });
});
