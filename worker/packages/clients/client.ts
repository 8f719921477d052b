/** What is said of one registry to the clients that know its protocol. */
export interface ClientRegistry {
  readonly name: string;
  /** Its mirror, without a trailing slash. */
  readonly url: string;
  /** Where the mirror is reached at all: `http://127.0.0.1:4100`. */
  readonly origin: string;
  readonly home: string;
  /** Private registries of the same protocol. */
  readonly privates: readonly {
    readonly name: string;
    readonly names: readonly string[];
    readonly url: string;
    /** Its own address, which lock files hold. */
    readonly itsUrl: string | undefined;
  }[];
}

/** How the clients of one protocol are pointed at a mirror. Paths of files are relative to the home directory. */
export type ConfigureClient = (registry: ClientRegistry) => {
  readonly env: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
};
