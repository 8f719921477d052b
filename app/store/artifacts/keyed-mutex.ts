/** Runs one piece of work for a key at a time, in the order asked for; one that fails does not hold up the next. */
export function createKeyedMutex(): (key: string, work: () => Promise<void>) => Promise<void> {
  const turns = new Map<string, Promise<void>>();
  return function inTurn(key, work) {
    const turn = (turns.get(key) ?? Promise.resolve()).then(work, work);
    turns.set(key, turn);
    function leave(): void {
      if (turns.get(key) === turn) {
        turns.delete(key);
      }
    }
    turn.then(leave, leave);
    return turn;
  };
}
