/**
 * Ids in the examples of the OpenAPI document. The first product of the demo shop has the id of
 * the product and those of the variants, so that the examples can be tried there as they are.
 */
export const EXAMPLE_IDS = {
  shop: 'shp_01JGFJJZ00DEM0000000000001',
  key: 'key_01JGFJJZ00DEM0000000000001',
  storefront: 'sft_01JGFJJZ00DEM0000000000001',
  session: 'ses_01JGFJJZ00DEM0000000000001',
  product: 'prd_01JGFJJZ00DEM0000000000001',
  variant: 'var_01JGFJJZ00DEM0000000000001',
  secondVariant: 'var_01JGFJJZ00DEM0000000000002',
  thirdVariant: 'var_01JGFJJZ00DEM0000000000003',
  movement: 'mov_01JGFJJZ00DEM0000000000001',
  cart: 'crt_01JGFJJZ00DEM0000000000001',
  discount: 'dsc_01JGFJJZ00DEM0000000000001',
  checkout: 'chk_01JGFJJZ00DEM0000000000001',
  order: 'ord_01JGFJJZ00DEM000000000000101JGFJJZ00DEM0000000000001',
  event: 'evt_01JGFJJZ00DEM0000000000001',
  webhook: 'whk_01JGFJJZ00DEM0000000000001',
  delivery: 'dlv_01JGFJJZ00DEM000000000000100000001JGFJJZ00DEM0000000000001',
  audit: 'aud_01JGFJJZ00DEM0000000000001',
} as const;
