/**
 * Joins what `catbird` loads into few files, in dist/bundle: reading 400 modules one by one took half of
 * the daemon's start, and comments and the unused locales of zod 16 MiB of its memory (docs/adr/0006).
 *
 * Packages that are not named here stay outside and are loaded from node_modules when first needed.
 */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const BUNDLED = ['liquidjs', 'pino', 'yaml', 'zod'];

/** CommonJS packages ask for Node.js's own modules with `require`, which a module does not have. */
const BANNER =
  "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);";

/** A file may ask where it stands: it is told where it stood before it was joined with others. */
const places = (dist, bundle) => ({
  name: 'places',
  setup(build) {
    build.onLoad({ filter: /\.js$/ }, ({ path }) => {
      if (!path.startsWith(dist)) return undefined;
      const text = readFileSync(path, 'utf8');
      if (!text.includes('import.meta.url')) return undefined;
      const place = JSON.stringify(relative(bundle, path));
      return {
        contents: text.replaceAll('import.meta.url', `new URL(${place}, import.meta.url).href`),
      };
    });
  },
});

/** zod takes English from its own file; the others cost 300 KB. */
const withoutLocales = {
  name: 'without-locales',
  setup(build) {
    build.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({ contents: 'export {}' }));
  },
};

/**
 * Writes dist/bundle.
 *
 * @returns false when esbuild is not installed; the daemon then runs from the single files
 */
export async function bundle(root, dist) {
  const esbuild = await import('esbuild').catch(() => undefined);
  if (!esbuild) return false;
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const outdir = join(dist, 'bundle');
  await esbuild.build({
    entryPoints: [join(dist, 'cli', 'entry.js')],
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minifyWhitespace: true,
    minifySyntax: true,
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    logLevel: 'warning',
    banner: { js: BANNER },
    external: Object.keys(manifest.dependencies).filter((name) => !BUNDLED.includes(name)),
    plugins: [places(dist, outdir), withoutLocales],
  });
  return true;
}
