import { fail, type Check, type Examined } from '../check.ts';

/** Settings that are understood and that this version cannot follow yet; better told here than found missing later. */
export function checkUnavailable({ config }: Pick<Examined, 'config'>): Check[] {
  const { sqs } = config.storage;
  const checks: Check[] = [];
  if (sqs !== null) {
    const remedy = 'Leave it out: wake-ups then go through the database.';
    checks.push(fail('settings', 'SQS_QUEUE_URL is not available in this version', remedy));
  }
  return checks;
}
