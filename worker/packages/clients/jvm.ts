import type { ConfigureClient } from './client.ts';

/** Maven and Gradle. Java takes the home directory from the user's record and not from `HOME`, so both are named one. */
export const configureJvm: ConfigureClient = ({ url, home }) => ({
  env: { MAVEN_OPTS: `-Duser.home=${home}`, MVNW_REPOURL: url, GRADLE_USER_HOME: `${home}/.gradle` },
  files: {
    '.m2/settings.xml': `<?xml version="1.0" encoding="UTF-8"?>
<settings>
  <mirrors>
    <mirror>
      <id>bosun</id>
      <mirrorOf>*</mirrorOf>
      <url>${url}</url>
    </mirror>
  </mirrors>
</settings>
`,
    '.gradle/init.d/bosun-mirrors.gradle': gradleScript(url),
  },
});

/** Repositories that have a mirror are pointed at it as a build adds them; others stay as they are. */
function gradleScript(url: string): string {
  return `def mirrors = [
  'https://repo.maven.apache.org/maven2': '${url}',
  'https://repo1.maven.org/maven2': '${url}',
  'https://plugins.gradle.org/m2': '${url}/+plugins',
  'https://dl.google.com/dl/android/maven2': '${url}/+google',
  'https://maven.google.com': '${url}/+google',
]
def point = { repository, to ->
  repository.url = new URI(to)
  if (repository.metaClass.respondsTo(repository, 'setAllowInsecureProtocol', Boolean.TYPE)) {
    repository.allowInsecureProtocol = true
  }
}
def watch = { handler ->
  handler.withType(MavenArtifactRepository) { repository ->
    def to = mirrors[repository.url.toString().replaceAll('/+$', '')]
    if (to != null) {
      point(repository, to)
    }
  }
}
def settingsOf = { settings ->
  watch(settings.pluginManagement.repositories)
  settings.pluginManagement.repositories.maven { repository -> point(repository, '${url}/+plugins') }
  if (settings.metaClass.respondsTo(settings, 'getDependencyResolutionManagement')) {
    watch(settings.dependencyResolutionManagement.repositories)
  }
}
if (gradle.metaClass.respondsTo(gradle, 'beforeSettings', Closure)) {
  gradle.beforeSettings(settingsOf)
} else {
  gradle.settingsEvaluated(settingsOf)
}
allprojects {
  watch(buildscript.repositories)
  watch(repositories)
}
`;
}
