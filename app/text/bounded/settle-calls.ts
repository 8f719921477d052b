/** More rounds than any rendering asks for; each answers all that the one before came to. */
const MAX_ROUNDS = 10;

/**
 * Renders with a function whose answers come later. Rendering stays pure and synchronous: it is repeated, with all answers
 * there are, until it asks for nothing new.
 */
export async function settleCalls<Asked extends unknown[], Answer, Rendered>(
  work: { readonly ask: (...asked: Asked) => Answer | Promise<Answer>; readonly unanswered: Answer },
  render: (answer: (...asked: Asked) => Answer) => Rendered,
): Promise<Rendered> {
  const answers = new Map<string, Answer>();
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const open = new Map<string, Asked>();
    const rendered = render((...asked) => {
      const key = JSON.stringify(asked);
      const known = answers.get(key);
      if (known === undefined) {
        open.set(key, asked);
      }
      return known ?? work.unanswered;
    });
    if (open.size === 0) {
      return rendered;
    }
    await Promise.all([...open].map(async ([key, asked]) => answers.set(key, await work.ask(...asked))));
  }
  throw new Error('a rendering asks for something new every time');
}
