import type { Defence } from './defence.ts';
import { DOOR_DEFENCES } from './door-defences.ts';
import { GATE_DEFENCES } from './gate-defences.ts';
import { PEOPLE_DEFENCES } from './people-defences.ts';
import { TEXT_DEFENCES } from './text-defences.ts';

/** Every defence that can be switched off. The front table of `docs/security.md` is made of them. */
export const DEFENCES: readonly Defence[] = [...PEOPLE_DEFENCES, ...TEXT_DEFENCES, ...DOOR_DEFENCES, ...GATE_DEFENCES];
