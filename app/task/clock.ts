/** Where the time comes from. Passed in, so that tests and simulation own it. */
export interface Clock {
  now(): Date;
}
