import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { redactPersonal } from '../../../shared/runtime/redact.ts';

type Jobs = Awaited<ReturnType<BullMQAdapter['getJobs']>>;
type ShownJob = Jobs[number];

/**
 * Shows the jobs of a queue, and redacts personal data in the texts of failures: errors of MongoDB
 * contain values such as a buyer's id. bull-board has formatters for data and results, but none for
 * failures.
 */
export class PrivateQueueAdapter extends BullMQAdapter {
  override async getJob(id: string): Promise<ShownJob | undefined> {
    const job = await super.getJob(id);
    return job && redactFailure(job);
  }

  override async getJobs(...range: Parameters<BullMQAdapter['getJobs']>): Promise<Jobs> {
    return (await super.getJobs(...range)).map(redactFailure);
  }

  override async getJobLogs(id: string): Promise<string[]> {
    return (await super.getJobLogs(id)).map(redactPersonal);
  }
}

/** Redacts the JSON that the board shows. The stored job keeps the original texts. */
function redactFailure(job: ShownJob): ShownJob {
  const toJSON = job.toJSON.bind(job);
  job.toJSON = () => {
    const shown = toJSON();
    const { failedReason, stacktrace } = shown;
    return {
      ...shown,
      failedReason: failedReason && redactPersonal(failedReason),
      stacktrace: stacktrace?.map((trace) => trace && redactPersonal(trace)) ?? null,
    };
  };
  return job;
}
