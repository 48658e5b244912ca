import type { Branch, Frame, Origin } from './tree.ts';

const width = 1200;
const margin = 10;
const rowHeight = 17;
const fontSize = 11;
/** A file of so many boxes has about 200 kB. */
const mostBoxes = 800;
/** No common monospaced font is wider. */
const characterWidth = fontSize * 0.61;
const head = 52;

const origins: Record<Origin, { hue: number; name: string }> = {
  own: { hue: 22, name: 'this project' },
  package: { hue: 210, name: 'packages' },
  runtime: { hue: 130, name: 'Node, JDK, threads' },
  native: { hue: 265, name: 'native code' },
};

interface Box {
  frame: Frame;
  /** From the outermost, 0. */
  depth: number;
  /** Shares of the whole. */
  from: number;
  share: number;
}

/**
 * A tree of calls as an SVG that stands alone: a box a function, as wide as its share, upon the one that called it. Boxes
 * below 0.2 %, or more where there are too many, are left out. Hovering over one tells its place, share and microseconds.
 *
 * @param microseconds what the whole takes an event; undefined where that is not known.
 */
export function flameGraph(
  tree: Branch,
  { title, microseconds }: { title: string; microseconds?: number | undefined },
): string {
  const all = boxesOf(tree, 0.002).sort((a, b) => b.share - a.share);
  const leastShare = Math.max(0.002, all[mostBoxes]?.share ?? 0);
  const boxes = all.filter(({ share }) => share > leastShare);
  const deepest = Math.max(0, ...boxes.map(({ depth }) => depth));
  const height = head + (deepest + 1) * rowHeight + margin;
  const legend = Object.values(origins).map(
    ({ hue, name }, i) => `<tspan dx="${i && 14}" fill="hsl(${hue} 70% 38%)">■</tspan> ${name}`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="monospace" font-size="${fontSize}">
<title>${escaped(title)}</title>
<rect width="${width}" height="${height}" fill="#ffffff"/>
<text x="${margin}" y="20" font-size="14" font-weight="bold" fill="#24292f">${escaped(title)}</text>
<text x="${margin}" y="38" fill="#57606a">${legend.join('')}<tspan dx="14">up to ${Number((leastShare * 100).toFixed(2))} %: left out</tspan></text>
<g fill="#24292f" stroke="#ffffff" stroke-width="0.5">
${boxes.map((box) => draw(box, { height, microseconds })).join('\n')}
</g>
</svg>
`;
}

function boxesOf(tree: Branch, leastShare: number): Box[] {
  const boxes: Box[] = [];
  const place = (branch: Branch, depth: number, from: number) => {
    const share = branch.total / tree.total;
    if (share < leastShare) return;
    boxes.push({ frame: branch, depth, from, share });
    let next = from;
    for (const callee of branch.callees) {
      place(callee, depth + 1, next);
      next += callee.total / tree.total;
    }
  };
  if (tree.total > 0) place(tree, 0, 0);
  return boxes;
}

function draw(
  { frame, depth, from, share }: Box,
  { height, microseconds }: { height: number; microseconds: number | undefined },
): string {
  const inside = width - 2 * margin;
  const x = margin + from * inside;
  const y = height - margin - (depth + 1) * rowHeight;
  const cost = microseconds === undefined ? '' : `, ${(share * microseconds).toFixed(2)} µs an event`;
  const place = frame.at && ` (${frame.at})`;
  const title = `<title>${escaped(`${frame.name}${place} ${(share * 100).toFixed(1)} %${cost}`)}</title>`;
  const label = labelOf(frame.name, share * inside);
  const text = label && `<text x="${round(x + 3)}" y="${y + 12}" stroke="none">${escaped(label)}</text>`;
  return `<g>${title}<rect x="${round(x)}" y="${y}" width="${round(share * inside)}" height="${rowHeight - 1}" fill="${colourOf(frame)}"/>${text}</g>`;
}

/** As much of a name as a box holds; none where it would be too little to read. */
function labelOf(name: string, boxWidth: number): string {
  const characters = Math.floor((boxWidth - 6) / characterWidth);
  if (characters >= name.length) return name;
  return characters < 4 ? '' : `${name.slice(0, characters - 1)}…`;
}

/** Of the hue of its origin, and always the same for a name, so that neighbours stand apart. */
function colourOf({ name, origin }: Frame): string {
  const sum = [...name].reduce((total, letter) => total + letter.charCodeAt(0), 0);
  return `hsl(${origins[origin].hue} 75% ${68 + (sum % 6) * 3}%)`;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const round = (value: number): number => Math.round(value * 10) / 10;
