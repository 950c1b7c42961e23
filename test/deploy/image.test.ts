/** The image's recipe by the rules of hadolint, as far as they concern it, and its files against the project. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ROOT } from '../docs/documents.ts';

interface Instruction {
  readonly name: string;
  readonly words: string;
}

/** Lines joined at their ends, comments left out. */
function instructionsOf(text: string): Instruction[] {
  const lines = text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n');
  return lines
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name = '', words = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
      return { name, words };
    });
}

const text = readFileSync(join(ROOT, 'deploy/Dockerfile'), 'utf8');
const instructions = instructionsOf(text);
const all = (name: string) =>
  instructions.filter((each) => each.name === name).map(({ words }) => words);
const KNOWN = ['FROM', 'WORKDIR', 'COPY', 'RUN', 'LABEL', 'USER', 'ENTRYPOINT', 'CMD'];

t.test(
  'the recipe is clean (DL3002, DL3007, DL3009, DL3015, DL3020, DL3025, DL4006)',
  async (t) => {
    for (const { name } of instructions) t.ok(KNOWN.includes(name), name);
    for (const from of all('FROM')) t.match(from, /^[\w./-]+:(?!latest)[\w.-]+( AS \w+)?$/, from);
    for (const folder of all('WORKDIR')) t.match(folder, /^\//);
    for (const run of all('RUN')) {
      t.notMatch(run, /\bsudo\b|\bapt \b|\bcd \//);
      t.notMatch(run, /[^|]\|[^|]/, 'a pipe hides the failure of what is in front');
      if (!run.includes('apt-get install')) continue;
      t.match(
        run,
        /apt-get update .*apt-get install -y --no-install-recommends .*rm -rf \/var\/lib\/apt\/lists/,
      );
    }
    for (const name of ['ENTRYPOINT', 'CMD']) t.type(JSON.parse(all(name).at(-1)!), Array);
    t.same(all('USER'), ['10179:10179']);
  },
);

t.test('what is copied is there, and gets past .dockerignore', async (t) => {
  const allowed = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n');
  t.equal(allowed[0], '*', 'everything else stays out');
  const stages = all('FROM').flatMap((from) => / AS (\w+)$/.exec(from)?.[1] ?? []);
  for (const copy of all('COPY')) {
    const stage = /--from=(\w+)/.exec(copy)?.[1];
    if (stage !== undefined) {
      t.ok(stages.includes(stage), stage);
      continue;
    }
    for (const path of copy.split(' ').slice(0, -1)) {
      t.ok(existsSync(join(ROOT, path)), path);
      t.ok(allowed.includes(`!${path}`), path);
    }
  }
});

t.test('user and capabilities are those of the manifests and of the service', async (t) => {
  const unit = readFileSync(join(ROOT, 'deploy/catbird.service'), 'utf8');
  const [, bounding = ''] = /^CapabilityBoundingSet=(.*)$/m.exec(unit)!;
  const [, set = ''] = /setcap (\S+)=ep /.exec(text)!;
  t.same(set.toUpperCase().split(','), bounding.split(' '));
  const pod = readFileSync(join(ROOT, 'deploy/kubernetes/base/daemonset.yaml'), 'utf8');
  t.match(pod, 'runAsUser: 10179');
  t.match(pod, bounding.replaceAll('CAP_', '').replace(' ', ', '));
});
