import { fail, type Check, type Examined } from '../check.ts';

/** Settings that are understood and that this version cannot follow yet; better told here than found missing later. */
export function checkUnavailable({ config }: Pick<Examined, 'config'>): Check[] {
  const { artifacts, sqs } = config.storage;
  const checks: Check[] = [];
  if (sqs !== null) {
    const remedy = 'Leave it out: wake-ups then go through the database.';
    checks.push(fail('settings', 'SQS_QUEUE_URL is not available in this version', remedy));
  }
  if (artifacts?.kind === 's3') {
    const remedy = 'Name a directory, or leave it out to keep them below BOSUN_DATA_DIR.';
    checks.push(fail('settings', 'BOSUN_ARTIFACTS=s3://… is not available in this version', remedy));
  }
  return checks;
}
