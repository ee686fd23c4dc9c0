const PAGE_JOBS_MAX = 100;

/** As much as matters here of what bull-board tells about a request. */
interface BoardCall {
  readonly request: { readonly query?: Readonly<Record<string, unknown>> };
}

/** bull-board itself would read as many jobs at once as it is asked for. */
export async function boundPages({ request }: BoardCall) {
  const jobsPerPage = Number(request.query?.['jobsPerPage'] ?? 0);
  if (jobsPerPage <= PAGE_JOBS_MAX) return { allow: true } as const;
  const message = `A page has ${PAGE_JOBS_MAX} jobs at most.`;
  return { allow: false, status: 400, message } as const;
}
