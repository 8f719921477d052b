import type { Setting } from './setting.ts';
import { SETTINGS } from './settings.ts';

export type ProxySettings = { readonly HTTPS_PROXY?: string; readonly NO_PROXY?: string };

export interface TraceSettings {
  readonly url: string;
  readonly serviceName: string;
}

interface Source {
  readonly given: <T>(setting: Setting<T>) => T | null;
  readonly readOrFallback: <T>(setting: Setting<T>) => T;
}

export function readProxy({ given }: Pick<Source, 'given'>): ProxySettings {
  const [proxy, without] = [given(SETTINGS.HTTPS_PROXY), given(SETTINGS.NO_PROXY)];
  return {
    ...(proxy === null ? {} : { HTTPS_PROXY: proxy }),
    ...(without === null ? {} : { NO_PROXY: without }),
  };
}

export function readTraces({ given, readOrFallback }: Source): TraceSettings | null {
  const base = given(SETTINGS.OTEL_EXPORTER_OTLP_ENDPOINT);
  const url = given(SETTINGS.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) ?? (base === null ? null : `${base}/v1/traces`);
  const serviceName = readOrFallback(SETTINGS.OTEL_SERVICE_NAME);
  return url === null || readOrFallback(SETTINGS.OTEL_SDK_DISABLED) === 'true' ? null : { url, serviceName };
}
