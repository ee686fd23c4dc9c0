import { z } from '@hono/zod-openapi';
import { EXAMPLE_IDS } from '../../../shared/contract/example-ids.ts';
import { ANNOTATION_LENGTH_MAX } from '../../../shared/contract/limits.ts';
import { humanText } from '../../../shared/contract/text.ts';
import { route } from '../context.ts';
import { annotate } from './annotate.ts';

const EXAMPLE_TEXT = 'k6 storm, full: 1000/s for 20 s';

const annotationRequest = z
  .strictObject({ text: humanText(ANNOTATION_LENGTH_MAX) })
  .openapi('AnnotationRequest', { example: { text: EXAMPLE_TEXT } });

const annotation = z
  .object({ id: z.string().describe('The id of its audit entry.'), text: z.string() })
  .openapi('Annotation', { example: { id: EXAMPLE_IDS.audit, text: EXAMPLE_TEXT } });

export const postAnnotation = route(
  {
    method: 'post',
    path: '/ops/annotations',
    operationId: 'operations.annotate',
    tag: 'operations',
    summary: 'Annotate the observatory',
    description:
      'Adds a text at the current time, for example at the start of a load test. The observatory ' +
      'shows it on its charts for ten minutes, and the audit log keeps it (`ops.annotated`). Requires ' +
      'OPS_BOARD_WRITABLE=true.',
    access: { operator: true },
    body: annotationRequest,
    responses: {
      201: { description: 'The annotation.', schema: annotation },
      403: { description: 'Changes are switched off, or the operator may only read.' },
    },
  },
  async (input) => ({ status: 201, body: await annotate(input, input.body.text) }),
);
