/** What the documents print as answers of commands is what the commands answer. */
import t, { type Test } from 'tap';
import { catbird } from '../../lab/support/catbird.ts';
import { Laboratory } from '../../lab/support/laboratory.ts';
import { SILENT } from '../../lab/support/narrator.ts';
import { obstacleTo } from '../../lab/support/requirements.ts';
import { eventually } from '../../lab/support/wait.ts';
import { type Block, blocksOf, documents, wholeConfiguration } from '../docs/documents.ts';
import { type Exchange, exchangesOf, matches } from './docs/console.ts';
import { World } from './docs/world.ts';

const SETTLED_SEC = 40;
const skip = obstacleTo(['bird'], catbird) ?? false;

/** Documents with sessions at a prompt; each is played with the first configuration it shows. */
for (const document of documents()) {
  const blocks = blocksOf(document);
  const sessions = blocks.filter(({ language }) => language === 'console');
  const configuration = blocks.find(({ language }) => language === 'yaml');
  if (sessions.length === 0) continue;
  t.test(`${document} prints what its commands answer`, { skip }, async (t) => {
    const lab = new Laboratory(SILENT);
    t.teardown(() => lab.dispose());
    const world = new World(lab, wholeConfiguration(configuration!));
    for (const session of sessions) await play(t, world, session);
  });
}

async function play(t: Test, world: World, { document, line, text }: Block): Promise<void> {
  for (const exchange of exchangesOf(text)) {
    const outcome = await answerOf(world, exchange);
    t.ok(outcome.matches, `${document}:${line}: ${exchange.command}`, { answered: outcome.answer });
  }
}

/** The world needs some seconds to become what the document speaks of. */
async function answerOf(world: World, { command, answer: printed }: Exchange) {
  let answer = '';
  const attempt = () => {
    answer = world.type(command);
    if (!matches(printed, answer.trimEnd().split('\n'))) throw new Error(answer);
  };
  const isMet = eventually(command, SETTLED_SEC, attempt).then(
    () => true,
    () => false,
  );
  return { matches: await isMet, answer };
}
