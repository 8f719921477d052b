import type { Reply } from '../http/exchange.ts';
import { escapeHtml } from './markdown.ts';

const STYLE = `
:root{color-scheme:light dark;--bg:#fff;--fg:#1f2328;--dim:#59636e;--line:#d1d9e0;--soft:#f6f8fa;--link:#0969da;
--green:#1a7f37;--red:#cf222e;--purple:#8250df;--add:#dafbe1;--del:#ffebe9;--amber:#9a6700}
@media(prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#f0f6fc;--dim:#9198a1;--line:#3d444d;--soft:#151b23;--link:#4493f8;
--green:#3fb950;--red:#f85149;--purple:#ab7df8;--add:#12261e;--del:#25171c;--amber:#d29922}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:980px;margin:0 auto;padding:24px 20px 64px}header{background:var(--soft);border-bottom:1px solid var(--line)}
header div{max-width:980px;margin:0 auto;padding:14px 20px;display:flex;gap:18px;align-items:baseline;flex-wrap:wrap}
header b{font-size:17px}header .dim{margin-left:auto}a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
h1{font-size:26px;font-weight:500;line-height:1.25;margin:0 0 10px}h2{font-size:18px;margin:32px 0 10px}.dim{color:var(--dim)}
.pill{display:inline-block;border-radius:2em;padding:3px 12px;font-size:13px;font-weight:600;color:#fff;background:var(--green);margin-right:8px}
.pill.closed{background:var(--red)}.pill.merged{background:var(--purple)}.pill.draft,.pill.neutral{background:var(--dim)}
.label{display:inline-block;border:1px solid var(--line);border-radius:2em;padding:0 9px;font-size:12px;margin-left:6px;background:var(--soft);color:var(--fg)}
.card{border:1px solid var(--line);border-radius:8px;margin:16px 0;overflow:hidden}.card>.head{background:var(--soft);border-bottom:1px solid var(--line);padding:8px 16px;font-size:14px}
.card>.body{padding:4px 16px 12px;overflow-wrap:anywhere}.row{padding:9px 16px;border-top:1px solid var(--line);display:flex;gap:10px;align-items:baseline}.row:first-child{border-top:0}
.row .dim{margin-left:auto;white-space:nowrap}.bot{border:1px solid var(--line);border-radius:2em;font-size:12px;padding:0 7px;color:var(--dim)}
.reactions{padding:0 16px 12px;font-size:14px}.reactions span{border:1px solid var(--line);border-radius:2em;padding:2px 9px;margin-right:6px}
pre{background:var(--soft);padding:12px 16px;border-radius:6px;overflow:auto}code,pre,.diff{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,monospace}
:not(pre)>code{background:var(--soft);padding:2px 5px;border-radius:5px}table{border-collapse:collapse}.body td,.body th{border:1px solid var(--line);padding:4px 12px;text-align:left}
.diff{overflow-x:auto}.diff div{white-space:pre;padding:0 16px;min-width:max-content}.diff .a{background:var(--add)}.diff .d{background:var(--del)}.diff .h{color:var(--dim);background:var(--soft)}
.body table{margin:14px 0}.body h1,.body h2,.body h3{margin:18px 0 8px}.body>:first-child{margin-top:12px}blockquote{margin:0;padding:0 14px;border-left:4px solid var(--line);color:var(--dim)}.ok{color:var(--green)}.bad{color:var(--red)}.wait{color:var(--amber)}
li:has(>input){list-style:none;margin-left:-1.3em}.plus{color:var(--green)}.minus{color:var(--red)}button{font:inherit;border:1px solid var(--line);border-radius:6px;background:var(--soft);color:var(--dim);padding:3px 12px;margin-right:6px}
`;

export interface Page {
  title: string;
  /** Shown in the bar: `owner/name`, or nothing on the first page. */
  repository?: string;
  /** HTML that is safe already. */
  content: string;
  status?: number;
}

/** A whole page. Nothing is loaded from outside and no script can run. */
export function layout(page: Page): Reply {
  const name = page.repository ? escapeHtml(page.repository) : '';
  const nav = name
    ? `<b><a href="/${name}">${name}</a></b><a href="/${name}/issues">Issues</a><a href="/${name}/pulls">Pull requests</a>`
    : '<b>Repositories</b>';
  const body = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<link rel="icon" href="data:,"><title>${escapeHtml(page.title)}</title><style>${STYLE}</style></head>
<body><header><div>${nav}<span class="dim">a local GitHub, for demos and tests</span></div></header><main>${page.content}</main></body></html>`;
  return {
    status: page.status ?? 200,
    body,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'",
      'x-content-type-options': 'nosniff',
    },
  };
}
