import { ROOT_CONTEXT, SpanStatusCode, trace, TraceFlags, type Context, type Span } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  RandomIdGenerator,
  TracerProvider,
  type IdGenerator,
  type SpanExporter,
} from '@opentelemetry/sdk-trace';
import { spanIdOf, SPANS, traceIdOf, type SpanName, type SpanSubject, type Tracer } from './tracer.ts';

export interface TraceOptions {
  /** Where spans go, such as `http://127.0.0.1:4318/v1/traces`; headers and compression come from the usual `OTEL_…`. */
  readonly url: string;
  readonly serviceName: string;
  readonly version: string;
  /** Called when a batch could not be sent; its spans are lost. */
  readonly onProblem: (error: unknown) => void;
}

/** Spans by OpenTelemetry, sent in batches over OTLP/HTTP. Spans of what is no ULID are not recorded. */
export function createTracer(options: TraceOptions): Tracer {
  const ids = createIds();
  const provider = new TracerProvider({
    sampler: new AlwaysOnSampler(),
    idGenerator: ids.generator,
    resource: resourceFromAttributes({ 'service.version': options.version })
      .merge(detectResources({ detectors: [envDetector] }))
      .merge(resourceFromAttributes({ 'service.name': options.serviceName })),
    spanProcessors: [new BatchSpanProcessor({ exporter: createExporter(options) })],
  });
  const tracer = provider.getTracer('bosun', options.version);

  function start(name: SpanName, task: SpanSubject, startTime: Date): Span | null {
    const traceId = traceIdOf(task.id);
    if (traceId === null) {
      return null;
    }
    const attributes = {
      'bosun.task': task.id,
      'bosun.epoch': task.epoch,
      'bosun.repository': `${task.repository.owner}/${task.repository.name}`,
      'bosun.state': task.state,
    };
    return ids.with({ traceId, spanId: spanIdOf(name, task) }, () =>
      tracer.startSpan(name, { startTime, attributes }, contextOf(name, task, traceId)),
    );
  }

  return {
    async trace(name, task, work) {
      const span = start(name, task, new Date());
      try {
        return await work((facts) => void span?.setAttributes(prefixed(facts)));
      } catch (error) {
        span?.setStatus({ code: SpanStatusCode.ERROR });
        span?.setAttribute('error.type', error instanceof Error ? error.name : typeof error);
        throw error;
      } finally {
        span?.end();
      }
    },
    record(name, task, { endedAt, facts = {}, startedAt }) {
      start(name, task, startedAt)?.setAttributes(prefixed(facts)).end(endedAt);
    },
    close: () => provider.shutdown(),
  };
}

function prefixed(facts: Readonly<Record<string, string | number | boolean>>) {
  return Object.fromEntries(Object.entries(facts).map(([key, value]) => [`bosun.${key}`, value]));
}

/** Under the span that `SPANS` names, which may be open in another process or not yet begun. */
function contextOf(name: SpanName, task: SpanSubject, traceId: string): Context {
  const above = SPANS[name];
  const spanId = above === null ? null : spanIdOf(above, task);
  return spanId === null
    ? ROOT_CONTEXT
    : trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true });
}

/** Chance, but for the span that is being started with ids of its own. */
function createIds(): {
  generator: IdGenerator;
  with<T>(wanted: { traceId: string; spanId: string | null }, start: () => T): T;
} {
  const chance = new RandomIdGenerator();
  let next: { traceId: string; spanId: string | null } | null = null;
  return {
    generator: {
      generateTraceId: () => next?.traceId ?? chance.generateTraceId(),
      generateSpanId: () => next?.spanId ?? chance.generateSpanId(),
    },
    with(wanted, start) {
      next = wanted;
      try {
        return start();
      } finally {
        next = null;
      }
    },
  };
}

function createExporter({ onProblem, url }: TraceOptions): SpanExporter {
  const exporter = new OTLPTraceExporter({ url });
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.error !== undefined) {
          onProblem(result.error);
        }
        done(result);
      }),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
}
