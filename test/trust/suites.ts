import type { Suite } from './suite.ts';
import { ablation } from './suites/ablation.ts';
import { evilWorker } from './suites/evil-worker.ts';
import { hiddenText } from './suites/hidden-text.ts';
import { outgoingText } from './suites/outgoing-text.ts';
import { overspend } from './suites/overspend.ts';
import { packs } from './suites/packs.ts';
import { paths } from './suites/paths.ts';
import { redaction } from './suites/redaction.ts';
import { slowText } from './suites/slow-text.ts';
import { webhooks } from './suites/webhooks.ts';

/** Every suite of `npm run trust`; another one is a file and a line. */
export const SUITES: readonly Suite[] = [
  outgoingText,
  hiddenText,
  packs,
  paths,
  redaction,
  overspend,
  slowText,
  webhooks,
  evilWorker,
  ablation,
];
