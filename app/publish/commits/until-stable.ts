/** Applies a change until it changes nothing: taking something out can join its neighbours to something else. */
export function untilStable(text: string, change: (text: string) => string): string {
  let before: string;
  let after = text;
  do {
    before = after;
    after = change(before);
  } while (after !== before);
  return after;
}
