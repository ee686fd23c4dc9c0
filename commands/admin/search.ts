import { rebuildSearch } from '../../shared/search/rebuild.ts';
import type { AdminCommand } from './command.ts';
import { withRecord } from './record.ts';

/** Indexes all checkouts and orders for search, while the system runs. */
export const rebuildSearchCommand: AdminCommand = {
  usage: '',
  help: 'indexes all checkouts and orders for search again; the system can keep running',
  options: {},
  run: () =>
    withRecord(async ({ store, note }) => {
      const rebuilt = await rebuildSearch(store);
      await note({ command: 'rebuild-search', target: 'search', detail: { ...rebuilt } });
      return rebuilt;
    }),
};
