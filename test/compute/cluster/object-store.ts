import { randomUUID } from 'node:crypto';

/** An object as the API keeps it. */
export interface Stored {
  apiVersion?: string;
  kind?: string;
  metadata: {
    name: string;
    uid: string;
    resourceVersion: string;
    creationTimestamp: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: { uid: string; kind: string; name: string; apiVersion: string; controller?: boolean }[];
    deletionTimestamp?: string;
    deletionGracePeriodSeconds?: number;
  };
  spec?: any;
  status?: any;
  [more: string]: unknown;
}

export interface Change {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: string;
  readonly object: Stored;
}

export class ApiError extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

/** Objects by resource, with versions that grow, and every change to whoever listens. What is handed out is a copy. */
export class ObjectStore {
  readonly #objects = new Map<string, Stored>();
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #history: Change[] = [];
  #version = 1;
  /** Changes before this one are forgotten; who asks for them has to list again. */
  #oldest = 0;

  get version(): number {
    return this.#version;
  }

  create(resource: string, object: Omit<Stored, 'metadata'> & { metadata: Partial<Stored['metadata']> }): Stored {
    const name = object.metadata.name ?? '';
    if (this.#objects.has(`${resource}/${name}`)) {
      throw new ApiError(409, 'AlreadyExists', `${resource} "${name}" already exists`);
    }
    const stored = structuredClone(object) as Stored;
    Object.assign(stored.metadata, { uid: randomUUID(), creationTimestamp: new Date().toISOString() });
    return this.#put('ADDED', resource, stored);
  }

  get(resource: string, name: string): Stored {
    const found = this.#objects.get(`${resource}/${name}`);
    if (found === undefined) {
      throw new ApiError(404, 'NotFound', `${resource} "${name}" not found`);
    }
    return structuredClone(found);
  }

  list(resource: string): Stored[] {
    return [...this.#objects]
      .filter(([key]) => key.startsWith(`${resource}/`))
      .map(([, object]) => structuredClone(object));
  }

  update(resource: string, name: string, change: (object: Stored) => void): Stored {
    const object = this.get(resource, name);
    change(object);
    return this.#put('MODIFIED', resource, object);
  }

  remove(resource: string, name: string): void {
    const object = this.get(resource, name);
    this.#objects.delete(`${resource}/${name}`);
    this.#record('DELETED', resource, object);
  }

  listen(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What has changed since a version; throws as the API does where that is not known any more. */
  since(resource: string, version: number): Change[] {
    if (version < this.#oldest) {
      throw new ApiError(410, 'Expired', `too old resource version: ${version} (${this.#oldest})`);
    }
    return this.#history.filter((change) => change.resource === resource && change.version > version);
  }

  /** Forgets what happened before, as the API does after a while. */
  compact(): void {
    this.#history.length = 0;
    this.#oldest = this.#version;
  }

  #put(type: 'ADDED' | 'MODIFIED', resource: string, object: Stored): Stored {
    this.#objects.set(`${resource}/${object.metadata.name}`, object);
    this.#record(type, resource, object);
    return structuredClone(object);
  }

  #record(type: Change['type'], resource: string, object: Stored): void {
    this.#version += 1;
    object.metadata.resourceVersion = String(this.#version);
    const change = { version: this.#version, type, resource, object: structuredClone(object) };
    this.#history.push(change);
    this.#listeners.forEach((listener) => listener(change));
  }
}
