/** Bars from left to right, one for each value; bars of a group have its label beside them. */
export interface Plot {
  readonly title: string;
  readonly unit: string;
  readonly scale: 'linear' | 'log';
  readonly groups: readonly {
    readonly label: string;
    readonly bars: readonly { readonly label: string; readonly value: number }[];
  }[];
}

const WIDTH = 760;
const LABEL_WIDTH = 300;
const VALUE_WIDTH = 120;
const BAR_HEIGHT = 18;
const GROUP_GAP = 14;
const TOP = 52;
/** Grey text and a blue that read on a light and on a dark page; later bars of a group are paler. */
const STYLE = `text{font:13px system-ui,sans-serif;fill:#767b85}.title{font-size:15px;font-weight:600}.bar{fill:#4f8fd9}.bar1{fill-opacity:.55}`;

/** The plot as an SVG document of its own. On a log scale the bars begin at the power of ten below the smallest value. */
export function plotBars({ title, unit, scale, groups }: Plot): string {
  const widthOf = makeScale(
    groups.flatMap(({ bars }) => bars.map(({ value }) => value)),
    scale,
  );
  const lines: string[] = [];
  let y = TOP;
  for (const { label, bars } of groups) {
    const middle = y + (bars.length * BAR_HEIGHT) / 2 + 4;
    lines.push(text(label, { x: LABEL_WIDTH - 10, y: middle, anchor: 'end' }));
    for (const [index, bar] of bars.entries()) {
      const width = widthOf(bar.value);
      const shape = `x="${LABEL_WIDTH}" y="${y}" width="${width.toFixed(1)}" height="${BAR_HEIGHT - 3}" rx="2"`;
      const said = `${bar.label} ${bar.value.toLocaleString('en-US', { maximumSignificantDigits: 3 })} ${unit}`.trim();
      lines.push(
        `<rect class="bar bar${index}" ${shape}/>`,
        text(said, { x: LABEL_WIDTH + width + 6, y: y + 12, anchor: 'start' }),
      );
      y += BAR_HEIGHT;
    }
    y += GROUP_GAP;
  }
  const heading = scale === 'log' ? `${title} (logarithmic)` : title;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" role="img" aria-label="${escapeXml(heading)}">`,
    `<style>${STYLE}</style>`,
    `<text class="title" x="10" y="26">${escapeXml(heading)}</text>`,
    ...lines,
    '</svg>\n',
  ].join('\n');
}

function makeScale(values: readonly number[], scale: Plot['scale']): (value: number) => number {
  const room = WIDTH - LABEL_WIDTH - VALUE_WIDTH;
  const most = Math.max(...values);
  if (scale === 'linear') {
    return (value) => (room * value) / most;
  }
  const from = 10 ** Math.floor(Math.log10(Math.min(...values) * 0.999));
  return (value) => (room * Math.log(value / from)) / Math.log(most / from);
}

function text(content: string, { x, y, anchor }: { x: number; y: number; anchor: 'start' | 'end' }): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${escapeXml(content)}</text>`;
}

function escapeXml(content: string): string {
  return content.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
