import { expect, test } from 'vitest';
import { wordForms } from './word-forms.ts';

test.each([
  ...[
    ['knife', 'knives'],
    ['box', 'boxes'],
    ['heart', 'hearts'],
    ['scarf', 'scarves'],
  ],
  ...[
    ['man', 'men'],
    ['woman', 'women'],
    ['child', 'children'],
    ['foot', 'feet'],
    ['mouse', 'mice'],
  ],
  ...[
    ['shelf', 'shelves'],
    ['leaf', 'leaves'],
    ['glass', 'glasses'],
    ['cookie', 'cookies'],
  ],
  ...[
    ['candy', 'candies'],
    ['tomato', 'tomatoes'],
    ['lens', 'lenses'],
    ['bus', 'buses'],
  ],
  ...[
    ['axe', 'axes'],
    ['vase', 'vases'],
    ['shoe', 'shoes'],
    ['dress', 'dresses'],
    ['bra', 'bras'],
    ['canvas', 'canvases'],
    ['taxi', 'taxis'],
  ],
  ...[
    ['photo', 'photos'],
    ['movie', 'movies'],
    ['tie', 'ties'],
    ['man', 'mens'],
    ['child', 'childrens'],
  ],
])('%s and %s match', (singular, plural) => {
  const forms = wordForms(plural);
  expect(wordForms(singular).some((form) => forms.includes(form))).toBe(true);
});

test.each(['s', 'us', '500ml', 'größen', 'нож', '罗汉', 'c++'])('%s has no other form', (word) => {
  expect(wordForms(word)).toEqual([word]);
});
