import type { DefaultTreeAdapterTypes } from 'parse5';

import type { RemovalKind } from './removal.ts';

type Element = DefaultTreeAdapterTypes.Element;

/** Elements that browsers do not draw, or whose text stands for something else. */
const HIDDEN_TAGS: ReadonlySet<string> = new Set(
  `template script style noscript noframes noembed iframe object embed applet head meta link title base
  datalist option optgroup select rp param source track area audio video canvas
  desc metadata defs symbol clippath mask marker filter annotation annotation-xml progress meter dialog`.split(/\s+/),
);

/** Properties that cannot hide text; any other one in a `style` makes the element count as hidden. */
const HARMLESS_STYLES: ReadonlySet<string> = new Set(
  `text-align vertical-align font-weight font-style font-family text-decoration white-space list-style list-style-type
  border border-collapse border-spacing border-radius padding padding-left padding-right padding-top padding-bottom
  width max-width float word-break overflow-wrap`.split(/\s+/),
);
const HIDING_CLASSES =
  /(?:^|[\s_-])(?:hidden|hide|invisible|sr-only|visually-hidden|visuallyhidden|d-none|screen-reader)/i;
const HIDING_ATTRIBUTES: readonly string[] = ['hidden', 'inert', 'popover', 'aria-hidden', 'slot'];

/** Why the content of an element is not seen; null when it is. Rather hides too much: GitHub would strip the attribute. */
export function hiddenBy(element: Element): RemovalKind | null {
  if (HIDDEN_TAGS.has(element.tagName.toLowerCase())) {
    return 'hidden_element';
  }
  for (const { name, value } of element.attrs) {
    if (hidesBy(name.toLowerCase(), value)) {
      return 'hidden_element';
    }
  }
  return null;
}

function hidesBy(name: string, value: string): boolean {
  if (HIDING_ATTRIBUTES.includes(name)) {
    return !(name === 'aria-hidden' && value.toLowerCase() === 'false');
  }
  switch (name) {
    case 'style':
      return !isHarmless(value);
    case 'class':
      return HIDING_CLASSES.test(value.slice(0, 1_000));
    case 'color':
    case 'bgcolor':
      return true;
    case 'size':
    case 'width':
    case 'height':
    case 'font-size':
    case 'opacity':
    case 'fill-opacity':
      return Number.parseFloat(value) < 3;
    case 'fill':
    case 'display':
    case 'visibility':
      return true;
    default:
      return false;
  }
}

function isHarmless(style: string): boolean {
  return style
    .slice(0, 2_000)
    .split(';')
    .every((declaration) => {
      const [property = '', value = ''] = declaration.split(':');
      const isZero = /^\s*-?[0.]+[a-z%]*\s*$/i.test(value);
      return property.trim() === '' || (HARMLESS_STYLES.has(property.trim().toLowerCase()) && !isZero);
    });
}

const PLAIN_ATTRIBUTES: ReadonlySet<string> = new Set(
  `align valign width height href src id class style open colspan rowspan border cellpadding cellspacing type checked
  disabled start lang dir target rel name`.split(/\s+/),
);

/** Whether an attribute could carry words to a model that no reader sees: a title, a label, a value, data. */
export function hasUnseenWords(element: Element): boolean {
  return element.attrs.some(({ name, value }) => !PLAIN_ATTRIBUTES.has(name.toLowerCase()) && value.trim() !== '');
}
