/** What one state shows; the comment and the check run put it into their own frames. */
export interface StateView {
  readonly icon: string;
  /** One line, Markdown of ours only. */
  readonly headline: string;
  /** Short facts of one line, most important first; the cost is added by the frame. */
  readonly facts: readonly string[];
  /** Blocks of Markdown. */
  readonly body: readonly string[];
  /** Folded blocks, for those who want to know more. */
  readonly folds?: readonly string[];
  /** What happens or has to happen next; null when the state makes it clear. */
  readonly next: string | null;
  /** Whether a person is needed or it is over, so that the requester is notified. */
  readonly notifies: boolean;
}
