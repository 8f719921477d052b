/** Classes of models from the smallest to the largest; the operator lists the models of each. */
export const TIERS = ['local', 'small', 'medium', 'large'] as const;
export type Tier = (typeof TIERS)[number];

/** How large a task is said to be. */
export const SIZES = ['S', 'M', 'L'] as const;
export type Size = (typeof SIZES)[number];

/** How much a model is asked to think, from the least. */
export const EFFORTS = ['low', 'medium', 'high'] as const;
export type Effort = (typeof EFFORTS)[number];
