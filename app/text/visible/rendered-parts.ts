import type { Edit } from './html-model.ts';
import type { MarkdownEvent } from './markdown-events.ts';
import type { RemovalCount } from './removal.ts';

/** What stands in the text for a part that GitHub draws; plain words that can become no markup. */
const LEFT_OUT = 'A drawing was left out here.';
const FORMULA_LEFT_OUT = 'a formula was left out here';

/** Languages of code blocks of which a reader sees a picture and not the source. */
const DRAWN: ReadonlySet<string> = new Set(['mermaid', 'geojson', 'topojson', 'stl']);

/**
 * Parts of which the reader sees a picture: what the source says in comments, names, tooltips or phantoms never shows.
 * Diagrams and maps go as a whole; formulas only where they use more than letters, numbers and well-known symbols.
 */
export function renderedParts(source: string, events: readonly MarkdownEvent[], removed: RemovalCount): Edit[] {
  const edits: Edit[] = [];
  const code: [number, number][] = [];
  for (const [kind, token] of events) {
    if (kind !== 'enter') {
      continue;
    }
    const type: string = token.type;
    const range: [number, number] = [token.start.offset, token.end.offset];
    if (type === 'codeFenced') {
      code.push(range);
      edits.push(...renderedFence(source, range));
    } else if (type === 'codeIndented' || type === 'codeText') {
      code.push(range);
      if (type === 'codeText' && isMathSpan(source, range)) {
        edits.push({ from: range[0], to: range[1], by: FORMULA_LEFT_OUT });
      }
    }
  }
  edits.push(...formulas(source, code));
  removed.add('drawing', edits.length);
  return edits;
}

function renderedFence(source: string, [from, to]: [number, number]): Edit[] {
  const text = source.slice(from, to);
  const language = /^[`~]{3,}[ \t]*([^\s`,{]*)/.exec(text)?.[1]?.toLowerCase() ?? '';
  if (DRAWN.has(language)) {
    return [{ from, to, by: LEFT_OUT }];
  }
  const content = text.slice(text.indexOf('\n') + 1);
  return language === 'math' && !isPlainFormula(content) ? [{ from, to, by: LEFT_OUT }] : [];
}

/** GitHub draws a code span between two dollar signs as a formula. */
function isMathSpan(source: string, [from, to]: [number, number]): boolean {
  return source[from - 1] === '$' && source[to] === '$' && !isPlainFormula(source.slice(from, to));
}

const MOST_FORMULA = 10_000;

/** Formulas between dollar signs outside of code that may hold more than they show. */
function formulas(source: string, code: readonly [number, number][]): Edit[] {
  const edits: Edit[] = [];
  let at = 0;
  for (const [from, to] of [...code.toSorted((a, b) => a[0] - b[0]), [source.length, source.length] as const]) {
    if (from > at) {
      edits.push(...formulasIn(source, { from: at, to: from }));
    }
    at = Math.max(at, to);
  }
  return edits;
}

function formulasIn(source: string, range: { from: number; to: number }): Edit[] {
  const edits: Edit[] = [];
  const dollars: number[] = [];
  for (let at = source.indexOf('$', range.from); at !== -1 && at < range.to; at = source.indexOf('$', at + 1)) {
    dollars.push(at);
  }
  for (let index = 0; index < dollars.length; index += 1) {
    const open = dollars[index] ?? 0;
    const isBlock = dollars[index + 1] === open + 1;
    const contentStart = open + (isBlock ? 2 : 1);
    const closing = dollars
      .slice(index + (isBlock ? 2 : 1), index + 20)
      .findIndex((at, next) => (isBlock ? dollars[index + 2 + next + 1] === at + 1 : closesInline(source, open, at)));
    if (closing === -1) {
      continue;
    }
    const closeIndex = index + (isBlock ? 2 : 1) + closing;
    const close = dollars[closeIndex] ?? open;
    if (close - open > MOST_FORMULA || isPlainFormula(source.slice(contentStart, close))) {
      continue;
    }
    edits.push({ from: open, to: close + (isBlock ? 2 : 1), by: FORMULA_LEFT_OUT });
    index = closeIndex + (isBlock ? 1 : 0);
  }
  return edits;
}

/** A dollar sign before a blank, as in "$5 or $10", opens and closes nothing. */
function closesInline(source: string, open: number, close: number): boolean {
  const content = source.slice(open + 1, close);
  return (
    /^\S/.test(content) &&
    /\S$/.test(content) &&
    !content.includes('\n\n') &&
    !/^\d/.test(source.slice(close + 1, close + 2))
  );
}

/** Whether a reader sees everything that a formula says: no comment, and no command but the well-known ones. */
function isPlainFormula(content: string): boolean {
  if (/(?<!\\)%/.test(content)) {
    return false;
  }
  return [...content.matchAll(/\\([a-z]+|.)/gisu)].every(([, command = '']) =>
    /^[a-z]/i.test(command) ? SHOWN_COMMANDS.has(command) : !'!'.includes(command),
  );
}

const SHOWN_COMMANDS: ReadonlySet<string> = new Set(
  `alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi varpi rho varrho sigma
  varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
  frac dfrac tfrac cfrac binom sqrt sum prod coprod int iint iiint oint lim limsup liminf sup inf max min arg det dim ker
  gcd deg hom Pr sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh coth exp ln log lg bmod pmod mod
  cdot cdots ldots dots vdots ddots times div pm mp ast star circ bullet oplus ominus otimes oslash odot cap cup setminus
  wedge vee neg lnot land lor in ni notin subset supset subseteq supseteq emptyset varnothing forall exists nexists
  le leq ge geq ne neq ll gg equiv sim simeq approx cong propto prec succ preceq succeq mid nmid parallel perp models
  vdash dashv to gets mapsto rightarrow leftarrow Rightarrow Leftarrow leftrightarrow Leftrightarrow longrightarrow
  longleftarrow Longrightarrow uparrow downarrow iff implies impliedby infty partial nabla hbar ell Re Im aleph angle
  triangle square top bot prime degree left right middle big Big bigg Bigg bigl bigr Bigl Bigr langle rangle lfloor
  rfloor lceil rceil lvert rvert lVert rVert vert Vert lbrace rbrace hat widehat bar overline underline vec tilde
  widetilde dot ddot overbrace underbrace overset underset stackrel mathbb mathbf mathcal mathfrak mathit mathrm mathsf
  mathtt boldsymbol bm operatorname text textbf textit textrm begin end quad qquad limits nolimits displaystyle textstyle
  not colon`.split(/\s+/),
);
