import { fileURLToPath } from 'node:url';
import type { UIConfig } from '@bull-board/api/typings/app';

const toPagePath = (name: string) => fileURLToPath(new URL(`page/${name}`, import.meta.url));

/** Our own files of the page, by the name in their path. */
export const BOARD_FILES = {
  'board.js': { type: 'text/javascript; charset=utf-8', path: toPagePath('board.js') },
  'board.css': { type: 'text/css; charset=utf-8', path: toPagePath('board.css') },
} as const;

/** The folder of our own files in the paths of the board, which has no page of this name. */
export const BOARD_FILES_FOLDER = 'own';

/** Replaces colours of bull-board that are hard to read on their backgrounds. */
export const BOARD_THEME = {
  light: {
    primary: '#0b5c53',
    destructive: '#b3302a',
    'muted-foreground': '#4b5763',
    'status-failed': '#c62828',
    'status-completed': '#125c2f',
    'status-waiting': '#805600',
    'status-waiting-children': '#b23a0a',
  },
  dark: {
    destructive: '#ef8f89',
    'status-failed': '#e98080',
    'status-active': '#7fa9ea',
    'status-prioritized': '#d98be4',
    'status-delayed': '#b09ae8',
  },
} satisfies UIConfig['theme'];

/** The page loads a font from another host, which the content security policy forbids. */
const EXTERNAL_LINK = /<link[^>]*href="https?:[^>]*>/g;

const OWN_LINKS = `<link href="${BOARD_FILES_FOLDER}/board.css" rel="stylesheet">
<script defer src="${BOARD_FILES_FOLDER}/board.js"></script></head>`;

/**
 * Returns bull-board's page without links to other hosts, and with our own files. bull-board has no
 * option for either.
 */
export function adaptPage(page: string, basePath: string): string {
  return (
    page
      .replace(EXTERNAL_LINK, '')
      .replace('</head>', OWN_LINKS)
      // The adapter's base path is the path that it is mounted at, which lacks the prefix.
      .replace('<base href="/', `<base href="${basePath}/`)
  );
}
