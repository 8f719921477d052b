import { findBelow, present, readJson, stringsOf } from './ecosystem.ts';
import type { Ecosystem } from './ecosystem.ts';

const GO: Ecosystem = {
  name: 'Go',
  isProject: (names) => names.has('go.mod'),
  detect: async (project) => {
    const vendored = project.tree.paths.includes(`${prefixOf(project.directory)}vendor/modules.txt`);
    return {
      because: 'go.mod',
      setup: vendored ? [] : ['go mod download'],
      verify: 'go test ./...',
      inputs: findBelow(project, /^go\.(mod|sum|work)$/),
    };
  },
};

const RUST: Ecosystem = {
  name: 'Rust',
  isProject: (names) => names.has('Cargo.toml'),
  detect: async (project) => {
    const isLocked = project.names.has('Cargo.lock');
    return {
      because: isLocked ? 'Cargo.lock' : 'Cargo.toml',
      setup: [isLocked ? 'cargo fetch --locked' : 'cargo fetch'],
      verify: 'cargo test',
      inputs: findBelow(project, /^(Cargo\.(lock|toml)|rust-toolchain(\.toml)?)$/),
    };
  },
};

/** No test has this name; looking for it makes Maven fetch what running tests needs. */
const NO_TEST = '-Dtest=NoTestHasThisName -DfailIfNoTests=false -Dsurefire.failIfNoSpecifiedTests=false';

const MAVEN: Ecosystem = {
  name: 'Maven',
  isProject: (names) => names.has('pom.xml'),
  detect: async (project) => {
    const mvn = project.names.has('mvnw') ? '$(command -v mvn || echo sh ./mvnw)' : 'mvn';
    return {
      because: 'pom.xml',
      setup: [`${mvn} --batch-mode --no-transfer-progress ${NO_TEST} test`],
      verify: `${mvn} --batch-mode --offline test`,
      inputs: findBelow(project, /^(pom\.xml|maven-wrapper\.properties)$/),
    };
  },
};

const GRADLE_FILES = ['build.gradle', 'build.gradle.kts', 'settings.gradle', 'settings.gradle.kts'];

const GRADLE_INPUTS =
  /(\.gradle(\.kts)?|\.versions\.toml)$|^(gradle\.lockfile|gradle\.properties|gradle-wrapper\.properties)$/;

const GRADLE: Ecosystem = {
  name: 'Gradle',
  isProject: (names) => !names.has('pom.xml') && GRADLE_FILES.some((name) => names.has(name)),
  detect: async (project) => {
    // A build fits the version its wrapper names; another one seldom understands it
    const hasWrapper = project.names.has('gradlew') && findBelow(project, /^gradle-wrapper\.jar$/).length > 0;
    const gradle = hasWrapper ? 'sh ./gradlew' : 'gradle';
    return {
      because: present(project, GRADLE_FILES)[0] ?? 'build.gradle',
      setup: [`${gradle} --no-daemon testClasses`],
      verify: `${gradle} --no-daemon --offline test`,
      inputs: findBelow(project, GRADLE_INPUTS),
    };
  },
};

const RUBY: Ecosystem = {
  name: 'Ruby',
  isProject: (names) => names.has('Gemfile'),
  detect: async (project) => {
    const isLocked = project.names.has('Gemfile.lock');
    const install = isLocked ? 'BUNDLE_FROZEN=true bundle install' : 'bundle install';
    return {
      because: isLocked ? 'Gemfile.lock' : 'Gemfile',
      setup: ['bundle config set --global path "$HOME/.gems"', install],
      verify: await rubyTests(project),
      inputs: present(project, ['Gemfile', 'Gemfile.lock', '.ruby-version']),
    };
  },
};

async function rubyTests(project: Parameters<Ecosystem['detect']>[0]): Promise<string | null> {
  const prefix = prefixOf(project.directory);
  const has = (pattern: RegExp): boolean =>
    project.tree.paths.some((path) => path.startsWith(prefix) && pattern.test(path.slice(prefix.length)));
  if (has(/^spec\/.*_spec\.rb$/)) {
    return 'bundle exec rspec';
  }
  const rakefile = (await project.read('Rakefile')) ?? '';
  return rakefile !== '' && has(/^test\/.*\.rb$/) ? 'bundle exec rake test' : null;
}

const PHP: Ecosystem = {
  name: 'PHP',
  isProject: (names) => names.has('composer.json'),
  detect: async (project, options) => {
    const scripts = options.installScripts ? '' : ' --no-scripts';
    const hasPhpunit = present(project, ['phpunit.xml', 'phpunit.xml.dist', 'phpunit.dist.xml']).length > 0;
    const usesPest = findBelow(project, /^Pest\.php$/).includes('tests/Pest.php');
    const runner = usesPest ? 'vendor/bin/pest' : 'vendor/bin/phpunit';
    const named = stringsOf((await readJson(project, 'composer.json'))['scripts'])['test'] !== undefined;
    const isLocked = project.names.has('composer.lock');
    return {
      because: isLocked ? 'composer.lock' : 'composer.json',
      setup: [`composer ${isLocked ? 'install' : 'update'} --no-interaction --no-progress${scripts}`],
      verify: named ? 'composer test' : (hasPhpunit && runner) || null,
      inputs: present(project, ['composer.json', 'composer.lock']),
    };
  },
};

const DOTNET: Ecosystem = {
  name: '.NET',
  isProject: (names) => [...names].some((name) => /\.(sln|slnx|csproj|fsproj)$/.test(name)),
  detect: async (project) => {
    const isLocked = project.names.has('packages.lock.json');
    const files = [...project.names].filter((name) => /\.(sln|slnx|csproj|fsproj)$/.test(name)).sort();
    return {
      because: files[0] ?? '*.csproj',
      setup: [`dotnet restore${isLocked ? ' --locked-mode' : ''}`],
      verify: 'dotnet test --no-restore',
      inputs: findBelow(
        project,
        /(\.(sln|slnx|csproj|fsproj|props|targets)|^(packages\.lock\.json|global\.json|nuget\.config))$/i,
      ),
    };
  },
};

export const OTHER_ECOSYSTEMS: readonly Ecosystem[] = [GO, RUST, MAVEN, GRADLE, RUBY, PHP, DOTNET];

function prefixOf(directory: string): string {
  return directory === '' ? '' : `${directory}/`;
}
