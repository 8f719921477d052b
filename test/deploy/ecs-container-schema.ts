const text = { type: 'string', minLength: 1 } as const;
const texts = { type: 'array', items: text } as const;
const whole = { type: 'integer', minimum: 1 } as const;

function record(properties: object, required: readonly string[]): object {
  return { type: 'object', additionalProperties: false, properties, required };
}

/**
 * What we use of `ContainerDefinition` in the API reference of Amazon ECS (RegisterTaskDefinition, names, shapes and
 * limits as documented there). Any other name is a mistake or wants adding here.
 */
export const ECS_CONTAINERS = {
  type: 'array',
  minItems: 1,
  items: record(
    {
      name: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,255}$' },
      image: text,
      essential: { type: 'boolean' },
      user: { type: 'string', pattern: '^\\d+(:\\d+)?$' },
      cpu: whole,
      memory: { type: 'integer', minimum: 6 },
      memoryReservation: { type: 'integer', minimum: 6 },
      readonlyRootFilesystem: { type: 'boolean' },
      // Fargate allows no more.
      stopTimeout: { type: 'integer', minimum: 2, maximum: 120 },
      dockerSecurityOptions: {
        type: 'array',
        items: { type: 'string', pattern: '^(no-new-privileges|(apparmor|label|credentialspec):.+)$' },
      },
      linuxParameters: record(
        { capabilities: record({ add: texts, drop: texts }, []), initProcessEnabled: { type: 'boolean' } },
        [],
      ),
      portMappings: {
        type: 'array',
        items: record(
          {
            name: { type: 'string', pattern: '^[a-z0-9_-]{1,64}$' },
            containerPort: { type: 'integer', minimum: 1, maximum: 65_535 },
            protocol: { enum: ['tcp', 'udp'] },
          },
          ['containerPort'],
        ),
      },
      environment: { type: 'array', items: record({ name: text, value: { type: 'string' } }, ['name', 'value']) },
      secrets: { type: 'array', items: record({ name: text, valueFrom: text }, ['name', 'valueFrom']) },
      mountPoints: {
        type: 'array',
        items: record({ sourceVolume: text, containerPath: text, readOnly: { type: 'boolean' } }, [
          'sourceVolume',
          'containerPath',
        ]),
      },
      healthCheck: record(
        {
          command: { ...texts, minItems: 2 },
          interval: { type: 'integer', minimum: 5, maximum: 300 },
          timeout: { type: 'integer', minimum: 2, maximum: 60 },
          retries: { type: 'integer', minimum: 1, maximum: 10 },
          startPeriod: { type: 'integer', minimum: 0, maximum: 300 },
        },
        ['command'],
      ),
      logConfiguration: record({ logDriver: { enum: ['awslogs'] }, options: { type: 'object' } }, ['logDriver']),
    },
    ['name', 'image', 'essential'],
  ),
} as const;
