import type { Owner } from '../session/launch.ts';

/** Above the ranges that systems give to people, services, dynamic users and containers. */
const FIRST_UID = 1_900_000_000;

/** User of the n-th sandbox that runs at the same time. It needs no entry in any table of users. */
export function ownerOfSlot(slot: number): Owner {
  return { uid: FIRST_UID + slot, gid: FIRST_UID + slot };
}

/** A user that no running sandbox has, so that limits per user are limits per sandbox. */
export function freeOwner(taken: readonly number[]): Owner {
  let slot = 1;
  while (taken.includes(FIRST_UID + slot)) {
    slot += 1;
  }
  return ownerOfSlot(slot);
}
