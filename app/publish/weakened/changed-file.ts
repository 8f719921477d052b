/** A file that a change touches, as text. */
export interface ChangedFile {
  readonly path: string;
  /** Null where there is no file. */
  readonly before: string | null;
  readonly after: string | null;
  /** It is there and could not be read as text: it is binary, a submodule or too large. */
  readonly isUnreadable: boolean;
}

/** The languages whose tests are known by how they are written. */
export type Language = 'js' | 'python' | 'go' | 'rust' | 'jvm' | 'ruby' | 'php' | 'csharp';

const EXTENSIONS: Readonly<Record<Language, RegExp>> = {
  js: /\.[cm]?[jt]sx?$|\.(?:vue|svelte)$/,
  python: /\.py$/,
  go: /\.go$/,
  rust: /\.rs$/,
  jvm: /\.(?:java|kts?|groovy|scala)$/,
  ruby: /\.rb$/,
  php: /\.php$/,
  csharp: /\.(?:cs|fs|vb)$/,
};

/** Places and names by which the usual test runners find tests. */
const TEST_PATHS: Readonly<Record<Language, RegExp>> = {
  js: /(?:^|[./_-])(?:test|tests|spec|specs|e2e|cy)\.[^/]+$|(?:^|\/)(?:__tests__|tests?|specs?|e2e|cypress)\//,
  python: /(?:^|\/)(?:test_[^/]*|[^/]*_test|tests?)\.py$|(?:^|\/)tests?\//,
  go: /_test\.go$/,
  rust: /(?:^|\/)tests?\/|(?:^|[/_])tests?\.rs$/,
  jvm: /(?:Tests?|IT|ITCase|Spec|TestCase)\.[a-z]+$|(?:^|\/)(?:test|androidTest|integrationTest|jvmTest|commonTest)\//,
  ruby: /(?:_spec|_test)\.rb$|(?:^|\/)(?:test_[^/]*\.rb$|spec\/|test\/)/,
  php: /(?:Test|Cest|Spec)\.php$|(?:^|\/)tests?\//i,
  csharp: /(?:Tests?|Specs?)\.(?:cs|fs|vb)$|(?:^|[/.])(?:Unit|Integration)?Tests?\//,
};

export function languageOf(path: string): Language | null {
  const found = Object.entries(EXTENSIONS).find(([, extension]) => extension.test(path));
  return found === undefined ? null : (found[0] as Language);
}

export function isTestPath(path: string): boolean {
  const language = languageOf(path);
  return language !== null && TEST_PATHS[language].test(path);
}
