import type { ErrorCode } from '../../../shared/domain/errors.ts';
import { ERROR_CODES, toStatus } from '../../http/problem.ts';
import { EXPLANATIONS } from './explanation.ts';

const STYLE =
  'body{font:1rem/1.6 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}' +
  'h1{font-size:1.4rem}code{font-size:.95em}td{padding:.2rem 1rem .2rem 0;vertical-align:top}' +
  '@media(max-width:40rem){tr,td{display:block;padding:0}tr{margin-bottom:1rem}}' +
  '@media(prefers-color-scheme:dark){body{background:#16181d;color:#e6e6e6}a{color:#8ab4f8}}';

/** Returns the page of an error. */
export function renderErrorPage(code: ErrorCode): string {
  const [when, remedy] = EXPLANATIONS[code];
  return renderPage(
    code,
    `<h1><code>${code}</code></h1>
<p>Status ${toStatus(code)}</p>
<h2>When</h2>
<p>${toHtml(when)}</p>
<h2>What to do</h2>
<p>${toHtml(remedy)}</p>
<p><a href="../errors">All errors</a> · <a href="../../docs">The API</a></p>`,
  );
}

/** Returns the page that lists all errors. */
export function renderErrorList(): string {
  const rows = ERROR_CODES.map((code) => {
    const link = `<a href="errors/${code}"><code>${code}</code></a>`;
    return `<tr><td>${link}</td><td>${toStatus(code)}</td><td>${toHtml(EXPLANATIONS[code][0])}</td></tr>`;
  });
  const table = `<table>\n${rows.join('\n')}\n</table>`;
  return renderPage(
    'Errors',
    `<h1>Errors of the API</h1>\n${table}\n<p><a href="../docs">The API</a></p>`,
  );
}

/** Returns the row of an error in the table of `docs/api.md`. */
export function renderGuideRow(code: ErrorCode): string {
  const [when, remedy] = EXPLANATIONS[code];
  return `| \`${code}\` | ${toStatus(code)} | ${when} | ${remedy} |`;
}

function renderPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Lastunit API</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

/** Converts an explanation from Markdown to an HTML sentence; links are replaced by their text. */
function toHtml(markdown: string): string {
  const text = markdown
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/\[([^\]]+)\]\([^)]+\)/g, '$1')
    .replace(/`([^`]+)`/g, '<code>$1</code>');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
