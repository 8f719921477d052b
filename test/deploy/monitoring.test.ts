import { parser } from '@prometheus-io/lezer-promql';
import { readFileSync } from 'node:fs';
import { Histogram, Registry } from 'prom-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { defineMetrics } from '../../app/telemetry/define-metrics.ts';

const root = new URL('../../', import.meta.url);

const Rules = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: z.string().min(1),
      rules: z.array(
        z.strictObject({
          alert: z.string().regex(/^Bosun[A-Za-z]+$/),
          expr: z.string(),
          for: z
            .string()
            .regex(/^\d+[smh]$/)
            .optional(),
          labels: z.strictObject({ severity: z.enum(['page', 'warn', 'info']) }),
          annotations: z.strictObject({ summary: z.string().min(10), runbook: z.string() }),
        }),
      ),
    }),
  ),
});

const Dashboard = z.looseObject({
  uid: z.string(),
  title: z.string(),
  schemaVersion: z.number().int().min(36),
  templating: z.looseObject({ list: z.array(z.looseObject({ name: z.string(), type: z.string() })) }),
  panels: z.array(
    z.looseObject({
      id: z.number().int(),
      type: z.enum(['timeseries', 'bargauge', 'stat']),
      title: z.string().min(3),
      datasource: z.strictObject({ type: z.literal('prometheus'), uid: z.literal('${datasource}') }),
      gridPos: z.strictObject({
        x: z.number().min(0).max(23),
        y: z.number().min(0),
        w: z.number().min(1).max(24),
        h: z.number().min(1),
      }),
      targets: z.array(z.strictObject({ refId: z.string(), expr: z.string(), legendFormat: z.string() })).min(1),
    }),
  ),
});

const rules = Rules.parse(parse(read('deploy/prometheus/alerts.yaml'))).groups.flatMap((group) => group.rules);
const dashboard = Dashboard.parse(JSON.parse(read('deploy/grafana/bosun.json')));
const expressions = [
  ...rules.map(({ alert, expr }) => ({ where: alert, expr })),
  ...dashboard.panels.flatMap(({ targets, title }) => targets.map(({ expr }) => ({ where: title, expr }))),
];
/** Names that a query may use, with the labels of each. */
const known = new Map<string, readonly string[]>();

const Metric = z.object({ name: z.string(), labelNames: z.array(z.string()) });

beforeAll(() => {
  const registry = new Registry();
  const histograms = Object.values(defineMetrics(registry)).filter((metric) => metric instanceof Histogram);
  for (const { labelNames, name } of z.array(Metric).parse(registry.getMetricsAsArray())) {
    const isHistogram = histograms.some((one) => Metric.parse(one).name === name);
    const ends = isHistogram ? ['_bucket', '_sum', '_count'] : [''];
    ends.forEach((end) => known.set(name + end, [...labelNames, ...(end === '_bucket' ? ['le'] : [])]));
  }
});

function read(file: string): string {
  return readFileSync(new URL(file, root), 'utf8');
}

/** Names of metrics with the labels that are matched on them, or the place where it is no PromQL. */
function readQuery(expr: string): { metrics: { name: string; labels: string[] }[]; error: string | null } {
  const metrics: { name: string; labels: string[] }[] = [];
  let error: string | null = null;
  parser.parse(expr).iterate({
    enter(node) {
      if (node.type.isError) {
        error ??= `column ${node.from + 1}`;
      }
      if (node.name === 'VectorSelector') {
        const text = expr.slice(node.from, node.to);
        const labels = [...text.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map((match) => match[1] ?? '');
        metrics.push({ name: /^\w+/.exec(text)?.[0] ?? '', labels });
      }
    },
  });
  return { metrics, error };
}

describe('alerts and dashboard', () => {
  test.each(expressions)('$where is PromQL over metrics and labels that exist', ({ expr }) => {
    const { error, metrics } = readQuery(expr);
    expect(error).toBeNull();
    expect(metrics.length).toBeGreaterThan(0);
    for (const { labels, name } of metrics) {
      expect([...known.keys()]).toContain(name);
      expect(labels.filter((label) => !known.get(name)?.includes(label))).toEqual([]);
    }
    const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap((match) => (match[1] ?? '').split(', '));
    const labels = metrics.flatMap(({ name }) => known.get(name) ?? []);
    expect(grouped.filter((label) => label !== 'instance' && !labels.includes(label))).toEqual([]);
  });

  test('a query that is none is found', () => {
    expect(readQuery('sum(rate(bosun_tasks[5m])').error).not.toBeNull();
    expect(readQuery('sum(bosun_tasks{state=})').error).not.toBeNull();
  });

  test('every alert has a runbook in the operations guide, and every runbook an alert', () => {
    const headings = [...read('docs/operations.md').matchAll(/^### (Alert: .+)$/gm)].map(
      ([, title = '']) =>
        `docs/operations.md#${title
          .toLowerCase()
          .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
          .replaceAll(' ', '-')}`,
    );
    expect(new Set(rules.map(({ annotations }) => annotations.runbook))).toEqual(new Set(headings));
  });

  test('alerts have names of their own, and summaries name only labels that their queries keep', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { annotations, expr } of rules) {
      for (const [, label = ''] of annotations.summary.matchAll(/\$labels\.(\w+)/g)) {
        expect(expr).toMatch(new RegExp(`\\bby \\([^)]*\\b${label}\\b`));
      }
    }
  });

  test('panels of the dashboard have ids of their own and do not lie on each other', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { h, w, x, y } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)}/${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(dashboard.templating.list.map(({ name }) => name)).toContain('datasource');
  });

  test('the dashboard shows every metric but those that only alerts need', () => {
    const shown = new Set(
      dashboard.panels.flatMap(({ targets }) =>
        targets.flatMap(({ expr }) =>
          readQuery(expr).metrics.map(({ name }) => name.replace(/_(bucket|sum|count)$/, '')),
        ),
      ),
    );
    const names = [...known.keys()].map((name) => name.replace(/_(bucket|sum|count)$/, ''));
    const missing = [...new Set(names)].filter((name) => !shown.has(name));
    expect(missing.toSorted()).toEqual([
      'bosun_budget_warnings_total',
      'bosun_deliveries_routed_total',
      'bosun_metrics_read_failures_total',
      'bosun_task_waits_total',
      'bosun_tasks_pruned_total',
    ]);
  });
});
