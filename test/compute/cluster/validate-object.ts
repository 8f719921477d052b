import { ApiError, type Stored } from './object-store.ts';

const SCHEMAS: Readonly<Record<string, string>> = {
  Job: 'IoK8sApiBatchV1Job',
  Pod: 'IoK8sApiCoreV1Pod',
  Secret: 'IoK8sApiCoreV1Secret',
  Node: 'IoK8sApiCoreV1Node',
};

/** Refuses what the published schema of Kubernetes does not allow, unknown fields too. */
export async function validateObject(object: Stored): Promise<void> {
  const schema = SCHEMAS[object.kind ?? ''];
  if (schema === undefined) {
    throw new ApiError(400, 'BadRequest', `no kind "${object.kind}" is registered`);
  }
  const { validate } = (await import(`kubernetes-models/_schemas/${schema}`)) as {
    validate: ((value: unknown) => boolean) & { errors?: { instancePath?: string; message?: string }[] };
  };
  if (!validate(object)) {
    const [first] = validate.errors ?? [];
    throw new ApiError(422, 'Invalid', `${object.kind} is invalid: ${first?.instancePath}: ${first?.message}`);
  }
}
