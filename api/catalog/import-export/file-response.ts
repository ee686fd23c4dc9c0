const MEDIA_TYPE = { ndjson: 'application/x-ndjson', csv: 'text/csv; charset=utf-8' };

/** Returns a response that browsers save as a file. */
export function fileResponse(
  body: ReadableStream<Uint8Array>,
  name: string,
  format: keyof typeof MEDIA_TYPE,
): Response {
  return new Response(body, {
    headers: {
      'content-type': MEDIA_TYPE[format],
      'content-disposition': `attachment; filename="${name}.${format}"`,
      'cache-control': 'no-store',
    },
  });
}
