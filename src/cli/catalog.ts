/** Every command with its help; the implementation is loaded only when it runs. */
import type { CommandEntry } from './command.ts';

/** What each variable means is told in docs/datastore.md. */
const DATASTORE_HELP = `  --datastore KIND         folder:DIR (or one file), etcd or kubernetes; without it what calico-node's
                           environment says (DATASTORE_TYPE, ETCD_ENDPOINTS, else kubernetes)
  --node NAME              Calico node name (default: NODENAME, the file of calico-node, the host name)

Each variable of calico-node's environment counts, and has a flag that wins (docs/datastore.md):
  node        --nodename-file FILE --k8s-node-ref NAME --router-id ID --networking-backend NAME
              --advertise-cluster-ips CIDR --namespace NAME --endpoint-status-path-prefix DIR
              --calico-config FILE --use-pod-cidr --templates DIR
              --templates-configmap NAME --templates-etcd-prefix KEY
              --state DIR --brake SHARE --brake-wait TIME (of the daemon alone)
  etcd        --etcd-endpoints URLS --etcd-discovery-srv DOMAIN --etcd-username NAME --etcd-password TEXT
              --etcd-ca-cert-file FILE --etcd-cert-file FILE --etcd-key-file FILE
              --tls-cipher-suites NAMES --tls-min-version 1.2|1.3
  kubernetes  --kubeconfig FILES --k8s-api-endpoint URL --k8s-api-token TEXT --k8s-ca-file FILE
              --k8s-cert-file FILE --k8s-key-file FILE --k8s-insecure-skip-tls-verify
              --k8s-current-context NAME --k8s-client-qps N --k8s-client-burst N
              --calico-api-group NAME

`;

const API_HELP = `  --api PATH   unix socket of the daemon (default /run/catbird/catbird.sock, env CATBIRD_API)
  -o FORMAT    json or table (default table)`;

export const CATALOG: readonly CommandEntry[] = [
  {
    name: 'run',
    summary: 'run the daemon',
    help: `catbird run [--config FILE | --datastore KIND --node NAME] [options]

Runs the daemon in the foreground. A change of the file or of the datastore is applied live;
SIGHUP reads everything again. SIGTERM stops without telling the peers, so that they keep
forwarding while the daemon restarts; SIGINT stops with a Cease notification (see also
\`catbird stop\` and \`catbird drain\`).

  --config FILE            a static configuration file
${DATASTORE_HELP}  --state DIR              where the last good configuration is kept, for a start without the datastore, and
                           what agents have announced (default /var/lib/catbird; none: nowhere)
  --brake SHARE            (50%, or off) hold a configuration of the datastore that would remove more than this share
                           of the peers, pools or routes, or all of them
  --brake-wait TIME        (10m) apply what is held after this time (default: only \`catbird apply --force\` does)
  --api PATH               unix socket for \`catbird show\` (default /run/catbird/catbird.sock)
  --broker-group GROUP     members may have routes announced, on a socket of their own (docs/broker.md)
  --bird-sockets DIR       answer birdc, birdcl and calico-node on DIR/bird.ctl and DIR/bird6.ctl
  --api-group GROUP        members may read, on a socket of their own (show, not commands)
  --http ADDRESS:PORT      serve a looking glass, /metrics, /healthz and /readyz, as 127.0.0.1:9179 (docs/looking-glass.md,
                           docs/metrics.md)
  --http-host NAMES        names it is reached by, beside addresses and localhost
  --ready POLICY           calico (default), all, any, quorum or a number of sessions
  --ready-neighbors GLOBS  sessions that count for it (default Global_*,Node_*,Mesh_*)
  --metrics-per-neighbor   series of its own for every neighbor
  --log-level LEVEL        error, warn, info, debug, trace or silent
  --kernel netlink|ip|dry-run   how routes reach the kernel (default netlink)`,
    load: async () => (await import('./commands/run.ts')).run,
  },
  {
    name: 'check',
    summary: 'validate a configuration file',
    help: `catbird check --config FILE

Prints every fault as file:line:column: path: reason. Exit code 0 when there is none, 1 otherwise.`,
    load: async () => (await import('./commands/check.ts')).check,
  },
  {
    name: 'render',
    summary: 'print what the templates make of a datastore',
    help: `catbird render --datastore KIND --node NAME [-o json|yaml] [--show-secrets]

Prints the effective configuration of that node. Needs no daemon and changes nothing.

${DATASTORE_HELP}  -o FORMAT                json or yaml (default yaml)
  --show-secrets           print passwords instead of asterisks`,
    load: async () => (await import('./commands/render.ts')).render,
  },
  {
    name: 'template',
    summary: 'list, show, compare and test templates',
    help: `catbird template list | show NAME | diff | test DIR [options]

  list                 the shipped templates with their blocks, and your own
  show NAME            the text of a template: yours, or with --shipped the shipped one
  diff                 what your templates change in the effective configuration of --node NAME,
                       or with --all-nodes of every node of the datastore
  test DIR             renders every case of DIR (datastore.yaml, expected.yaml, templates/) and
                       compares (docs/templates.md)

  --templates DIR      a directory of templates of your own
  -o FORMAT            json or table, of list and diff (default table)
  --datastore KIND     where the objects are, with the other options of \`catbird render\` for it

Exit code 1 when a template of yours is wrong, or a test fails.`,
    load: async () => (await import('./commands/template.ts')).template,
  },
  {
    name: 'decode',
    summary: 'decode BGP messages given in hex',
    help: `catbird decode [HEX...|-] [--as4] [--add-path] [--extended] [-o json]

Prints one JSON document per message. \`-\` reads hex from standard input.`,
    load: async () => (await import('./commands/decode.ts')).decode,
  },
  {
    name: 'show',
    summary: 'look into the running daemon',
    help: `catbird show VIEW [options]

  neighbors            all sessions with their state and counters
  neighbor NAME        one session in detail
  rib [PREFIX|ADDRESS] paths in the Loc-RIB
  adj-in NAME          what a neighbor sent, before and after import policy
  adj-out NAME         what is announced to a neighbor
  fib                  the routes we own in the kernel
  blocks               this node's own pod blocks
  quarantine [NAME]    the latest messages that were rejected, whole or in part; with -o json in hex
  config               the running configuration
  version              version and identity of the daemon

Routes (rib, adj-in, adj-out) can be chosen; all that is given must hold:

  --neighbor NAME      where they came from; * and ? in it
  --community TEXT     64512:1, a large community, or with * and ?; may be given again
  --as-path PATH       AS numbers in a row, ? for any; ^ and $ for begin and end, as '^64513 ? 64515'
  --longer             with rib PREFIX: the prefix and all it covers
  --best               best paths only
  --family ipv4|ipv6

  --drift              of fib: routes that are not in the kernel as they should be, or were not lately

${API_HELP}`,
    load: async () => (await import('./commands/show.ts')).show,
  },
  {
    name: 'status',
    summary: 'tell how the router is, and what is not as it should be',
    help: `catbird status [--why-not-ready] [options]

Each thing that is not as it should be, with a code, the object to edit and the likely cause: sessions that
are down, strangers that connect, faults of the configuration, routes the kernel refuses.

  --why-not-ready  what readiness hangs on; exit code 1 when the router is not ready
${API_HELP}`,
    load: async () => (await import('./commands/status.ts')).status,
  },
  {
    name: 'explain',
    summary: 'tell the whole story of one destination',
    help: `catbird explain PREFIX|ADDRESS [--neighbor NAME] [options]

From the objects of the datastore over sessions, import, decision, next hop and kernel to what each
neighbor is told, also of what is not there. \`>\` marks the first "no" that holds the route up; OBJECT
names what to edit. An address stands for the longest prefix that routes it.

  --neighbor NAME  only what came from this neighbor and goes to it
${API_HELP}`,
    load: async () => (await import('./commands/explain.ts')).explain,
  },
  {
    name: 'monitor',
    summary: 'print what happens, as it happens',
    help: `catbird monitor routes|neighbors|fib|config [-o json]

  routes               best paths: added, changed, removed
  neighbors            sessions that change their state, and why
  fib                  routes written to the kernel, or refused by it
  config               configurations that are taken over

Whoever reads too slowly loses events, and is told how many: lost count=N.

${API_HELP}`,
    load: async () => (await import('./commands/monitor.ts')).monitor,
  },
  {
    name: 'top',
    summary: 'the sessions, live in the terminal',
    help: `catbird top [--api PATH]

Sessions that are down first, then the busiest, every second anew. q quits.

  --api PATH   unix socket of the daemon (default /run/catbird/catbird.sock, env CATBIRD_API)`,
    load: async () => (await import('./commands/top.ts')).top,
  },
  {
    name: 'clear',
    summary: 'restart a session',
    help: `catbird clear neighbor NAME [--message TEXT] [--soft in|out]

Closes the session with Cease and lets it come up again. With --soft the session stays: \`in\` judges
what the neighbor sent anew and asks it to send everything again (ROUTE-REFRESH), \`out\` sends it
everything again.

${API_HELP}`,
    load: async () => (await import('./commands/neighbor.ts')).clear,
  },
  {
    name: 'shutdown',
    summary: 'take a session down until it is enabled again',
    help: `catbird shutdown neighbor NAME [--message TEXT]

${API_HELP}`,
    load: async () => (await import('./commands/neighbor.ts')).shutdown,
  },
  {
    name: 'enable',
    summary: 'bring a shut down session back',
    help: `catbird enable neighbor NAME

${API_HELP}`,
    load: async () => (await import('./commands/neighbor.ts')).enable,
  },
  {
    name: 'drain',
    summary: 'take traffic off this router before maintenance',
    help: `catbird drain [--wait SECONDS] [--message TEXT] [--detach]
catbird drain --abort | --status

Marks all routes with the community GRACEFUL_SHUTDOWN (RFC 8326) so that the neighbors choose other
paths, waits, withdraws everything, and closes all sessions with a Cease. They stay down until
--abort, or until the daemon is started again. Routes in the kernel stay. Shows the progress; an
interrupt leaves the drain running.

  --wait SECONDS   between community and withdrawal (default 30; 0 leaves it out)
  --message TEXT   for the neighbors, in the Cease
  --detach         does not wait for the end
  --abort          takes a drain back, in any phase: sessions and routes return
  --status         how far a drain has come

${API_HELP}`,
    load: async () => (await import('./commands/drain.ts')).drain,
  },
  {
    name: 'originate',
    summary: 'have routes of another agent announced',
    help: `catbird originate add PREFIX... --owner NAME [--lease TIME] [options]
catbird originate remove PREFIX... | --all --owner NAME
catbird originate list [--owner NAME]

Announces routes through our sessions on behalf of another agent of this node, as far as \`brokerOwners\` of
the configuration lets it (docs/broker.md). Nothing of it goes into the kernel. A route goes when its lease
ends; giving it again renews the lease. All prefixes of one command are taken, or none.

  --owner NAME       an entry of brokerOwners
  --lease TIME       60s, 10m or 1h (default: that of the owner)
  --community TEXT   64512:10, a large one, or a name as no-export; may be given again
  --local-pref N     for internal neighbors
  --med N
  --all              whatever the owner announces

${API_HELP}`,
    load: async () => (await import('./commands/originate.ts')).originate,
  },
  {
    name: 'stop',
    summary: 'end the daemon',
    help: `catbird stop [--withdraw [--wait SECONDS] [--message TEXT]]

Without --withdraw like SIGTERM: nothing is told to the neighbors, which go on forwarding for their
restart time. With it routes are withdrawn first and sessions closed with a Cease; --wait puts so
many seconds of GRACEFUL_SHUTDOWN in front (default 0), in which \`catbird drain --abort\` calls it
off. Routes in the kernel stay in either case.

  --api PATH       unix socket of the daemon (default /run/catbird/catbird.sock, env CATBIRD_API)`,
    load: async () => (await import('./commands/stop.ts')).stop,
  },
  {
    name: 'plan',
    summary: 'tell what applying a configuration would do',
    help: `catbird plan --config FILE | --datastore KIND [--diff] [-o json|table]

Asks the running daemon which sessions would come, go, restart and why, or change softly, which routes would be
announced or withdrawn, and which would enter or leave the kernel. Changes nothing.

  --config FILE            a static configuration file
${DATASTORE_HELP}  --diff                   the effective configuration before and after, secrets hidden
${API_HELP}`,
    load: async () => (await import('./commands/plan.ts')).plan,
  },
  {
    name: 'diff',
    summary: 'what the newest configuration says against what runs',
    help: `catbird diff [-o json|table]

Tells what is not in force: what the brake holds, line by line, faults, keys that wait for a restart, sessions that
end when those in their place have brought their routes. Exit code 1 when there is anything.

${API_HELP}`,
    load: async () => (await import('./commands/diff.ts')).diff,
  },
  {
    name: 'apply',
    summary: 'read the configuration again, or release a held one',
    help: `catbird apply [--force]

Has the file or datastore read again, as SIGHUP does. With --force a configuration that is held because it
would take away too much is applied; \`catbird show config\` tells whether there is one, and why.

${API_HELP}`,
    load: async () => (await import('./commands/apply.ts')).apply,
  },
  {
    name: 'record',
    summary: 'write the routing table, or the latest messages, as an MRT file',
    help: `catbird record table FILE [--view received|accepted|best]
catbird record save [FILE]

table writes every path of every neighbor, and local routes, as TABLE_DUMP_V2 (RFC 6396; Add-Path RFC 8050), which bgpdump and
the like read. save writes what the flight recorder (router.recorder) holds, as BGP4MP_ET: into FILE, or without it into
the recorder's directory, and says where. A file appears when it is whole. \`catbird replay\` reads both.

  --view VIEW  received: as neighbors sent them (default); accepted: after import, what it refused left out;
               best: only the best path of each prefix
  --api PATH   unix socket of the daemon (default /run/catbird/catbird.sock, env CATBIRD_API)`,
    load: async () => (await import('./commands/record.ts')).record,
  },
  {
    name: 'completion',
    summary: 'complete command lines in bash or zsh',
    help: `catbird completion bash|zsh

Prints a script that makes the shell complete commands, options and names, those of neighbors, owners and prefixes as
the running daemon has them. A daemon that does not answer is waited for CATBIRD_COMPLETION_TIMEOUT seconds (2).

  bash   source <(catbird completion bash), or as /usr/share/bash-completion/completions/catbird
  zsh    catbird completion zsh > _catbird in a directory of fpath`,
    load: async () => (await import('./commands/completion.ts')).completion,
  },
  {
    name: 'replay',
    summary: 'tell what would have been decided over a recording',
    help: `catbird replay FILE... [--config FILE] [--prefix CIDR] [-o json|table]

Plays MRT files (table dumps and messages; .gz too), one after the other, to the same policies and decision as the
daemon's, without one and without sockets or kernel, and prints every path: which is the best, at which step the others lost and to
whom, what import refused and by which rule. The same files give the same answer every time.

  --config FILE   the router's configuration; peers that are not in it are left out, and told.
                  Without it a router is made up that has all recorded peers, and no policies
  --prefix CIDR   only this prefix
  -o FORMAT       json (one path per line, as \`catbird show rib PREFIX\`) or table (default table)`,
    load: async () => (await import('./commands/replay.ts')).replay,
  },
  {
    name: 'log-level',
    summary: 'change the log level of the running daemon',
    help: `catbird log-level error|warn|info|debug|trace|silent

${API_HELP}`,
    load: async () => (await import('./commands/log-level.ts')).logLevel,
  },
];
