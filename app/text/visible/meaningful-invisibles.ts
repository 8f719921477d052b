interface Place {
  readonly at: number;
  readonly whole: string;
}

/** Scripts whose letters change their shape, or whose words break, at a joiner or a space without width. */
const JOINING =
  /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Nko}\p{Script=Mongolian}\p{Script=Phags_Pa}\p{Script=Mandaic}\p{Script=Adlam}\p{Script=Hanifi_Rohingya}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Tibetan}\p{Script=Balinese}\p{Script=Javanese}\p{Script=Khmer}\p{Script=Myanmar}]$/u;
const SPACELESS =
  /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}\p{Script=Javanese}]$/u;
const RIGHT_TO_LEFT =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}\p{Script=Mandaic}\p{Script=Samaritan}]/u;
const EMOJI = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}]$/u;
/** The three flags that are written with tags. */
const FLAG_TAGS = ['gbeng', 'gbsct', 'gbwls'];

/**
 * Whether a run of characters without ink means something where it stands, so that taking it out would change a word, a
 * name or an emoji: joiners in scripts that need them, marks of direction in lines that are read from the right,
 * selectors behind emoji and ideographs. Only ever one or two in a row, so that they carry no words of their own.
 */
export function isMeaningful(run: string, place: Place): boolean {
  const before = place.whole.slice(Math.max(0, place.at - 2), place.at);
  const after = place.whole.slice(place.at + run.length, place.at + run.length + 2);
  switch (run) {
    case '\u200c':
      return JOINING.test(before);
    case '\u200d':
      return JOINING.test(before) || (EMOJI.test(before) && startsEmoji(after));
    case '\ufe0f\u200d':
      return EMOJI.test(before) && startsEmoji(after);
    case '\ufe0e':
    case '\ufe0f':
      return EMOJI.test(before) || /[\d#*\p{Script=Han}]$/u.test(before) || /[\p{So}\p{Sm}\p{Po}\p{Pd}]$/u.test(before);
    case '\u200b':
    case '\u2060':
      return SPACELESS.test(before);
    case '\u034f':
      return /\p{Script=Hebrew}\p{M}$/u.test(before);
    case '\u2800':
      return /\p{Script=Braille}$/u.test(before) && /^\p{Script=Braille}/u.test(after);
    case '\u180e':
    case '\u180b':
    case '\u180c':
    case '\u180d':
      return /\p{Script=Mongolian}$/u.test(before);
    default:
      return isIdeographVariant(run, before) || isFlag(run, before) || isDirection(run, place);
  }
}

function startsEmoji(text: string): boolean {
  return /^[\p{Extended_Pictographic}\p{Regional_Indicator}]/u.test(text);
}

function isIdeographVariant(run: string, before: string): boolean {
  return /^[\ufe00-\ufe0d\u{e0100}-\u{e01ef}]$/u.test(run) && /[\p{Script=Han}\p{Sm}]$/u.test(before);
}

function isFlag(run: string, before: string): boolean {
  const letters = [...run].map((char) => String.fromCharCode((char.codePointAt(0) ?? 0) - 0xe0000)).join('');
  return before.endsWith('\u{1f3f4}') && FLAG_TAGS.some((tag) => letters === `${tag}\u007f`);
}

/** Marks of direction, and isolates or embeddings, but never an override: it turns what is read into something else. */
function isDirection(run: string, { at, whole }: Place): boolean {
  if (!/^[\u200e\u200f\u061c\u202a\u202b\u202c\u2066-\u2069]{1,3}$/.test(run)) {
    return false;
  }
  // A line is looked at near the mark only, so that many marks in one long line take no long time.
  const from = Math.max(whole.lastIndexOf('\n', at - 1) + 1, at - 200);
  const end = whole.indexOf('\n', at);
  const to = Math.min(end === -1 ? whole.length : end, at + 200);
  return RIGHT_TO_LEFT.test(whole.slice(from, to));
}
