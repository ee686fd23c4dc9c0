import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { createMetrics } from '../../api/ops/metrics/metrics.ts';
import { projectRoot } from '../../shared/runtime/env.ts';
import { createWorkerMetrics } from '../../worker/metrics/worker-metrics.ts';

const read = (...path: string[]) => readFile(join(projectRoot, ...path), 'utf8');

const rules = z
  .object({
    groups: z.array(
      z.object({
        rules: z.array(
          z.looseObject({
            alert: z.string(),
            expr: z.string(),
            labels: z.object({ severity: z.enum(['page', 'ticket']) }),
            annotations: z.object({ summary: z.string(), runbook: z.string() }),
          }),
        ),
      }),
    ),
  })
  .parse(parse(await read('deploy', 'prometheus', 'alerts.yml')));
const alerts = rules.groups.flatMap((group) => group.rules);
const dashboard = z
  .object({
    panels: z.array(
      z.looseObject({
        title: z.string(),
        targets: z.array(z.looseObject({ expr: z.string() })).min(1),
      }),
    ),
  })
  .parse(JSON.parse(await read('deploy', 'grafana', 'lastunit.json')));

/** Returns the names of the metrics; of a histogram, the names of its series. */
async function findMetrics(): Promise<Set<string>> {
  const printed = `${await createMetrics().print()}\n${await createWorkerMetrics().print()}`;
  const types = printed.matchAll(/^# TYPE (\S+) (\S+)$/gm);
  return new Set(
    Array.from(types, ([, name = '', type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
    ).flat(),
  );
}

/** Returns the text below each heading of a page by the heading's anchor. */
function toSections(page: string): Map<string, string> {
  const sections = page.split(/^#+ (?=.+$)/m).slice(1);
  return new Map(
    sections.map((section) => {
      const [heading = '', ...lines] = section.split('\n');
      const anchor = heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-');
      return [anchor, lines.join('\n')];
    }),
  );
}

test('alerts and dashboard read only metrics that exist', async () => {
  const metrics = await findMetrics();
  const expressions = [
    ...alerts.map(({ expr }) => expr),
    ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ];
  const used = expressions.flatMap((expr) => expr.match(/lastunit_\w+/g) ?? []);
  expect(used.length).toBeGreaterThan(alerts.length);
  expect(used.filter((name) => !metrics.has(name))).toEqual([]);
});

test('each alert has a unique name, and the runbook section that it links to contains the name', async () => {
  const sections = toSections(await read('docs', 'operations.md'));
  expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
  for (const { alert, annotations } of alerts) {
    const [page, anchor] = annotations.runbook.split('#');
    expect([alert, page]).toEqual([alert, 'docs/operations.md']);
    expect([alert, sections.get(anchor ?? '')]).toEqual([
      alert,
      expect.stringContaining(`\`${alert}\``),
    ]);
  }
});

test('promtool tests each alert in a case where it fires', async () => {
  const cases = z.array(z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()) }));
  const { tests } = z
    .object({ tests: z.array(z.object({ alert_rule_test: cases })) })
    .parse(parse(await read('deploy', 'prometheus', 'alerts.test.yml')));
  const firing = tests
    .flatMap((test) => test.alert_rule_test)
    .filter(({ exp_alerts }) => exp_alerts.length > 0)
    .map(({ alertname }) => alertname);
  expect(alerts.map(({ alert }) => alert).filter((name) => !firing.includes(name))).toEqual([]);
});
