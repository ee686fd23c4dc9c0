import { expect, test } from 'vitest';
import { productFields } from './csv-row.ts';

const read = (cells: Record<string, string>) =>
  productFields(new Map(Object.entries({ title: 'A', type: 'clothing', ...cells })));

test.each([
  [{ tags: ' new ; Été,,x|y ' }, { tags: ['new', 'Été', 'x', 'y'] }],
  [
    { media: 'https://a.b/1  https://a.b/2' },
    { media: [{ url: 'https://a.b/1' }, { url: 'https://a.b/2' }] },
  ],
  [
    { media: '[{"url":"https://a.b/1","alt":"A"}]' },
    { media: [{ url: 'https://a.b/1', alt: 'A' }] },
  ],
  [{ metadata: '{"erp_id":"4711"}' }, { metadata: { erp_id: '4711' } }],
  [{ metadata: 'no JSON' }, { metadata: 'no JSON' }],
  [{ sale_from: '2026-11-28T09:00:00Z' }, { saleFrom: '2026-11-28T09:00:00Z' }],
  [{ 'attributes.BRAND': 'x' }, { attributes: { brand: 'x' } }],
  // The schema refuses `BRAND`, which is no attribute of the type.
  [
    { 'attributes.Brand': 'x', 'attributes.BRAND': 'y' },
    { attributes: { brand: 'x', BRAND: 'y' } },
  ],
  [{ type: 'general', 'attributes.BRAND': 'x' }, { attributes: { BRAND: 'x' } }],
  [
    { type: 'general', 'attributes.BRAND': 'x', 'attributes.brand': 'y' },
    { attributes: { BRAND: 'x', brand: 'y' } },
  ],
])('the cells %j are read as %j', (cells, fields) => {
  expect(read(cells)).toMatchObject(fields);
});
