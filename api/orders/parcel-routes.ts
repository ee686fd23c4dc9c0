import { z } from '@hono/zod-openapi';
import { viewParcel } from '../../shared/views/order-view.ts';
import { sellers } from '../http/access.ts';
import { idParams } from '../http/id-list.ts';
import { route } from './context.ts';
import { parcel, parcelCorrection, parcelRequest } from './parcel-schemas.ts';
import { correctSent, sendParcel } from './send-parcel.ts';

const common = { tag: 'orders', access: sellers('orders:write') } as const;

const refusals = {
  400: { description: 'Bad input.' },
  403: {
    description:
      'The scope is missing, or another shop sells the order (`storefront_not_allowed`).',
  },
  404: { description: 'There is no such order or parcel, or the caller may not see it.' },
};

export const postParcel = route(
  {
    ...common,
    method: 'post',
    path: '/v1/orders/{id}/parcels',
    operationId: 'orders.addParcel',
    summary: 'Record a parcel that was sent',
    description:
      'For a paid order. The parcel with its last units makes the order `shipped`. The order keeps ' +
      'its own reference as `ownReference`. Repeating the call changes nothing. For the seller only.',
    params: idParams,
    body: parcelRequest,
    responses: {
      201: { description: 'The parcel.', schema: parcel },
      ...refusals,
      409: {
        description:
          'The order is not paid, has fewer units left to send (`quantity_exceeded`), or another ' +
          'parcel has the reference (`tracking_reference_taken`).',
      },
      422: { description: 'A variant that is not in the order.' },
    },
  },
  async (input) => {
    const { trackingReference, carrier, lines } = input.body;
    const request = {
      trackingReference,
      ...(carrier !== undefined && { carrier }),
      ...(lines && { lines }),
    };
    return { status: 201, body: viewParcel(await sendParcel(input, input.params.id, request)) };
  },
);

export const patchParcel = route(
  {
    ...common,
    method: 'patch',
    path: '/v1/orders/{id}/parcels/{parcelId}',
    operationId: 'orders.updateParcel',
    summary: 'Correct how a parcel was sent',
    description:
      'The history and the audit record keep the previous values. Repeating the call changes ' +
      'nothing. For the seller only.',
    params: idParams.extend({ parcelId: z.string() }),
    body: parcelCorrection,
    responses: {
      200: { description: 'The parcel after the correction.', schema: parcel },
      ...refusals,
      409: {
        description:
          'Another parcel has the reference (`tracking_reference_taken`), or this parcel was ' +
          'corrected too often.',
      },
    },
  },
  async (input) => ({
    status: 200,
    body: viewParcel(await correctSent(input, input.params, input.body)),
  }),
);
