export interface User {
  id: number;
  login: string;
  type: 'User' | 'Bot' | 'Organization';
  name: string | null;
  email: string | null;
  createdAt: Date;
}

/** A conversation on one line of a pull request. */
export interface ReviewThread {
  id: number;
  path: string;
  line: number;
  /** The head when it was begun. */
  commitSha: string;
  resolvedBy: User | null;
  /** Oldest first; an empty one is deleted. */
  comments: ReviewComment[];
}

export interface ReviewComment {
  id: number;
  reviewId: number;
  user: User;
  viaApp: boolean;
  body: string;
  createdAt: Date;
  updatedAt: Date;
}

export interface CommitStatus {
  id: number;
  context: string;
  state: 'error' | 'failure' | 'pending' | 'success';
  description: string | null;
  targetUrl: string | null;
  creator: User;
  createdAt: Date;
}
