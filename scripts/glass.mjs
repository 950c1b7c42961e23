/** Builds the looking glass: its scripts joined into one, and the files beside them. */
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

const FILES = ['index.html', 'glass.css', 'icon.svg'];

/**
 * Writes dist/glass.
 *
 * @returns false when esbuild is not installed; the daemon then says that the page is not built
 */
export async function buildGlass(root, dist) {
  const esbuild = await import('esbuild').catch(() => undefined);
  if (!esbuild) return false;
  const source = join(root, 'src', 'glass');
  const target = join(dist, 'glass');
  mkdirSync(target, { recursive: true });
  await esbuild.build({
    entryPoints: [join(source, 'main.ts')],
    outfile: join(target, 'glass.js'),
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: ['chrome116', 'firefox124', 'safari17.4'],
    minifyWhitespace: true,
    minifySyntax: true,
    logLevel: 'warning',
  });
  for (const file of FILES) cpSync(join(source, file), join(target, file));
  return true;
}
