/** `catbird completion bash|zsh`: what a shell needs to complete command lines, with names of the daemon. */
import { CATALOG } from '../catalog.ts';
import { type CommandIo, EXIT_DONE, UsageError } from '../command.ts';
import { completeLine } from '../completion.ts';
import { SHELLS } from '../vocabulary.ts';

/**
 * Bash splits words at colons, and replaces behind the last one only: the line is split here, and what stands
 * before the last colon is taken off the answers. A daemon that hangs must not take the shell along.
 */
const BASH = String.raw`_catbird() {
  local line="\${COMP_LINE:0:COMP_POINT}" word candidate
  word="\${line##*[[:space:]]}"
  local head=""
  [[ "$word" == *:* && "$COMP_WORDBREAKS" == *:* ]] && head="\${word%"\${word##*:}"}"
  COMPREPLY=()
  while IFS= read -r candidate; do
    COMPREPLY+=("\${candidate#"$head"}")
  done < <(timeout "\${CATBIRD_COMPLETION_TIMEOUT:-2}" "$1" completion words "$line" 2>/dev/null)
  [[ "\${#COMPREPLY[@]}" -eq 1 && "\${COMPREPLY[0]}" == *: ]] && compopt -o nospace
  return 0
}
complete -o default -F _catbird catbird
`.replaceAll('\\$', '$');

const ZSH = String.raw`#compdef catbird
_catbird() {
  local -a candidates
  local line="\${(j: :)words[1,CURRENT-1]} $PREFIX"
  candidates=("\${(@f)$(timeout "\${CATBIRD_COMPLETION_TIMEOUT:-2}" "\${words[1]}" completion words "$line" 2>/dev/null)}")
  candidates=(\${candidates:#})
  if (( $#candidates )); then
    compadd -a candidates
  else
    _files
  fi
}
if [[ "$funcstack[1]" == _catbird ]]; then _catbird "$@"; else compdef _catbird catbird; fi
`.replaceAll('\\$', '$');

const SCRIPTS: Readonly<Record<string, string>> = { bash: BASH, zsh: ZSH };

/** Prints the script; with `words LINE` the candidates for the last word of the line, which the scripts ask for. */
export async function completion(args: string[], io: CommandIo): Promise<number> {
  const [what = '', line, ...more] = args;
  const isAsked = what === 'words' && line !== undefined && more.length === 0;
  const script = Object.hasOwn(SCRIPTS, what) && line === undefined ? SCRIPTS[what] : undefined;
  if (!isAsked && script === undefined) {
    throw new UsageError(`usage: catbird completion ${SHELLS.join('|')}`);
  }
  const words = isAsked ? await completeLine(line, CATALOG, io.env) : [];
  io.stdout.write(script ?? words.map((word) => `${word}\n`).join(''));
  return EXIT_DONE;
}
