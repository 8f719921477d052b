import { describeAccess } from './access.ts';
import { describeAdmission } from './admission.ts';
import { describeBudgets } from './budgets.ts';
import { describeChains } from './chains.ts';
import { describeChecks } from './checks.ts';
import { describeClaiming } from './claiming.ts';
import { describeClaimingMany } from './claiming-many.ts';
import { describeEnvironments } from './environments.ts';
import { describeInboxAndOutbox } from './inbox-and-outbox.ts';
import { describeMoney } from './money.ts';
import { describeMoving } from './moving.ts';
import { describeLessons } from './lessons.ts';
import { describeQuotes } from './quotes.ts';
import { describeRecovery } from './recovery.ts';
import { describeVerdicts } from './verdicts.ts';
import { describeTaskLists } from './task-lists.ts';
import { describeWriteLocks } from './write-locks.ts';
import { describeWakeUps } from './wake-ups.ts';
import type { OpenStores } from './store-harness.ts';

/** What every implementation of the stores must do. After each test its rows must agree with each other. */
export function describeStores(open: OpenStores): void {
  describeAdmission(open);
  describeClaiming(open);
  describeClaimingMany(open);
  describeBudgets(open);
  describeMoving(open);
  describeMoney(open);
  describeInboxAndOutbox(open);
  describeRecovery(open);
  describeWriteLocks(open);
  describeEnvironments(open);
  describeChains(open);
  describeChecks(open);
  describeVerdicts(open);
  describeQuotes(open);
  describeTaskLists(open);
  describeAccess(open);
  describeLessons(open);
  describeWakeUps(open);
}
