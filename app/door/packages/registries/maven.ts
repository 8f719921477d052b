import { archive, metadata } from '../registry.ts';
import type { PackagePath, RegistryProtocol, Resource } from '../registry.ts';

const FILE = /^[^/]+\.[A-Za-z0-9]+$/;

/** Maven and Gradle: Maven Central, and what Gradle builds use beside it. */
export const maven: RegistryProtocol = {
  type: 'maven',
  url: 'https://repo.maven.apache.org/maven2',
  hosts: {
    plugins: 'https://plugins.gradle.org/m2',
    google: 'https://dl.google.com/dl/android/maven2',
    distributions: 'https://services.gradle.org/distributions',
  },
  redirects: [
    'https://plugins-artifacts.gradle.org',
    'https://repo.gradle.org',
    'https://github.com',
    'https://objects.githubusercontent.com',
    'https://release-assets.githubusercontent.com',
  ],

  route({ host, segments, trailingSlash }: PackagePath): Resource | null {
    const file = segments.at(-1) ?? '';
    const enough = host === 'distributions' ? segments.length === 1 : segments.length >= 3;
    if (trailingSlash || !enough || !FILE.test(file)) {
      return null;
    }
    const path = `/${segments.join('/')}`;
    const name = segments.slice(0, -1).join('.');
    const changes = file.startsWith('maven-metadata') || path.includes('-SNAPSHOT/');
    return changes ? metadata({ host, path, name }) : archive({ host, path, name });
  },
};
