/**
 * One client's dialog: a command line in, the lines of its answer out. `birdc` and `birdcl` expand
 * abbreviations themselves, so commands come in full.
 */
import { type Administration, administer } from './administer.ts';
import type { BirdHost } from './host.ts';
import { showInterfaces } from './interfaces.ts';
import { type Protocol, protocolsOf, showProtocols } from './protocols.ts';
import {
  ACCESS_DENIED,
  type Answer,
  encode,
  GREETING,
  only,
  RECONFIGURING,
  RESTRICTED,
  SYNTAX_ERROR,
} from './reply.ts';
import { type RouteQuestion, showRoute } from './routes.ts';
import { showStatus } from './status.ts';
import { matches, type Word, wordsOf } from './words.ts';

const PREFIX_OR_ADDRESS = /^[0-9a-f.:]+(\/\d{1,3})?$/i;
const TABLES: readonly string[] = ['master', 'master4', 'master6'];

export class Dialog {
  readonly #host: BirdHost;
  #isRestricted = false;

  constructor(host: BirdHost) {
    this.#host = host;
  }

  greet(): Generator<string> {
    const { version } = this.#host.views.version();
    return encode(only(GREETING, `BIRD Catbird-${version} ready.`));
  }

  /** The answer to one line; its lines are made as they are taken. */
  answer(line: string): Generator<string> {
    return encode(this.#answer(line));
  }

  *#answer(line: string): Answer {
    try {
      return yield* this.#choose(wordsOf(line) ?? fault('unterminated string'));
    } catch (error) {
      return [SYNTAX_ERROR, error instanceof Error ? error.message : String(error)];
    }
  }

  #choose([first, ...rest]: Word[]): Answer {
    switch (first?.text) {
      case 'show':
        return this.#show(rest);
      case 'restrict':
        this.#isRestricted = true;
        return only(RESTRICTED, 'Access restricted');
      case 'configure':
        return this.#isRestricted ? denied() : this.#configure(rest);
      case 'disable':
      case 'enable':
      case 'restart':
        return this.#isRestricted ? denied() : this.#administer(first.text, rest);
      default:
        return fault(first ? `there is no command '${first.text}' here` : 'unexpected end');
    }
  }

  #show([first, ...rest]: Word[]): Answer {
    switch (first?.text) {
      case 'status':
        return showStatus(this.#host);
      case 'protocols':
        return this.#protocols(rest);
      case 'route':
        return showRoute(this.#host, routeQuestion(rest));
      case 'interfaces':
        return showInterfaces(this.#host);
      default:
        return fault(first ? `there is no 'show ${first.text}' here` : 'unexpected end');
    }
  }

  #protocols(words: readonly Word[]): Answer {
    const hasDetails = words[0]?.text === 'all' && !words[0].isQuoted;
    const [pattern, surplus] = hasDetails ? words.slice(1) : words;
    if (surplus) fault(`unexpected '${surplus.text}'`);
    const shown = pattern ? this.#find(pattern) : protocolsOf(this.#host);
    return showProtocols(this.#host, shown, hasDetails);
  }

  #configure(words: readonly Word[]): Answer {
    const surplus = words.find(({ text }) => text !== 'soft');
    if (surplus) fault(`'configure ${surplus.text}' is not known here: see catbird check and plan`);
    this.#host.reload();
    return only(RECONFIGURING, 'Reconfiguration in progress');
  }

  #administer(action: Administration, words: readonly Word[]): Answer {
    const [pattern, surplus] = words;
    if (!pattern || surplus) fault(`${action} takes one name`);
    const isAll = pattern!.text === 'all' && !pattern!.isQuoted;
    const meant = isAll ? protocolsOf(this.#host) : this.#find(pattern!);
    return administer(this.#host, action, meant);
  }

  #find(pattern: Word): Protocol[] {
    const found = protocolsOf(this.#host).filter(({ name }) => matches(pattern, name));
    return found.length > 0 ? found : fault(`there is no protocol '${pattern.text}'`);
  }
}

function denied(): Answer {
  return only(ACCESS_DENIED, 'Access denied');
}

function fault(text: string): never {
  throw new Error(`syntax error, ${text}`);
}

/** Reads what stands behind `show route`. */
function routeQuestion(words: readonly Word[]): RouteQuestion {
  const question: { -readonly [K in keyof RouteQuestion]: RouteQuestion[K] } = {
    isPrimaryOnly: false,
    hasDetails: false,
    isCount: false,
  };
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!.text;
    const next = () => words[++at]?.text ?? fault(`'${word}' wants a value`);
    if (word === 'all') question.hasDetails = true;
    else if (word === 'count') question.isCount = true;
    else if (word === 'primary') question.isPrimaryOnly = true;
    else if (word === 'for') question.target = destinationOf(next());
    else if (word === 'protocol') question.protocol = next();
    else if (word === 'export') question.exportedTo = next();
    else if (word === 'table') tableOf(next());
    else question.prefix = destinationOf(word);
  }
  return question;
}

function destinationOf(text: string): string {
  return PREFIX_OR_ADDRESS.test(text) ? text : fault(`unexpected '${text}'`);
}

function tableOf(text: string): void {
  if (!TABLES.includes(text)) fault(`there is no table '${text}'`);
}
