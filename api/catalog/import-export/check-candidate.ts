import { checkVariants } from '../../../shared/domain/variants.ts';
import { validate } from '../../http/validate.ts';
import { productRecordOf } from '../create-product.ts';
import { productRequest } from '../schemas.ts';
import type { Candidate, LineFault } from './read/candidate.ts';
import { faultsOf } from './read/candidate.ts';
import type { CheckedProduct } from './staging/stage-products.ts';

/** Holds a product against the rules that one posted alone is held against. */
export function checkCandidate(
  candidate: Candidate,
  { shopId, now }: { readonly shopId: string; readonly now: Date },
): CheckedProduct | readonly LineFault[] {
  try {
    const request = validate(productRequest, candidate.value);
    checkVariants(request.variants);
    return { candidate, record: productRecordOf(shopId, request, now) };
  } catch (error) {
    return faultsOf(error, candidate);
  }
}
