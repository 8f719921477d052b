import { plainAnswer, type GitHttpResponse } from './git-http.ts';

/** Answers once what was pushed is stored; until it can be, with a 503, which makes a client try again. */
export async function answerOnceStored(
  keep: () => Promise<void>,
  answer: () => GitHttpResponse | Promise<GitHttpResponse>,
): Promise<GitHttpResponse> {
  try {
    await keep();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      ...plainAnswer(503, 'The work could not be stored durably: push again in a moment.'),
      refused: { code: 'NOT_KEPT', reason },
    };
  }
  return answer();
}
